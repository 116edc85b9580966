/** The API under `/apis`, which Grafana has since version 12: dashboards, folders and playlists as resources. */
import { type Account, requireRole, seesDashboard, seesFolder } from "./access.ts";
import { removeDashboard, storeDashboard, visibleDashboard } from "./dashboards.ts";
import { checkParent, createFolder, visibleFolder } from "./folders.ts";
import { fields, json, list, text } from "./reply.ts";
import {
  discovery,
  kindOf,
  metadata,
  ResourceRefusal,
  resourceAnswer,
  resourceList,
} from "./resource-shape.ts";
import { type Call, type Routes, type Server, timestamp } from "./router.ts";
import type { Dashboard, Fields, Folder, Playlist } from "./store.ts";
import { convert } from "./versions.ts";

const BASE = "/apis/:group/:version/namespaces/:namespace";

export const resourceRoutes: Routes = {
  "GET /apis": ({ server }) => json(discovery(server)),
  [`GET ${BASE}/dashboards`]: (call) =>
    resourceList(
      call,
      "Dashboard",
      [...call.server.store.dashboards.values()].filter((one) => seesDashboard(call.account, one)),
      dashboardResource,
    ),
  [`GET ${BASE}/dashboards/:uid`]: (call) =>
    resourceAnswer(call, () => dashboardResource(visibleDashboard(call), call)),
  [`POST ${BASE}/dashboards`]: (call) => resourceAnswer(call, () => createDashboard(call), 201),
  [`PUT ${BASE}/dashboards/:uid`]: (call) => resourceAnswer(call, () => replaceDashboard(call)),
  [`DELETE ${BASE}/dashboards/:uid`]: (call) =>
    resourceAnswer(call, () => ({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Success",
      details: { name: removeDashboard(call).uid },
    })),
  [`GET ${BASE}/folders`]: (call) =>
    resourceList(
      call,
      "Folder",
      [...call.server.store.folders.values()].filter((folder) => seesFolder(call.account, folder.uid)),
      folderResource,
    ),
  [`GET ${BASE}/folders/:uid`]: (call) =>
    resourceAnswer(call, () => folderResource(visibleFolder(call), call)),
  [`POST ${BASE}/folders`]: (call) => resourceAnswer(call, () => newFolder(call), 201),
  [`GET ${BASE}/playlists`]: (call) =>
    resourceList(call, "Playlist", [...call.server.store.playlists.values()], playlistResource),
  [`GET ${BASE}/playlists/:uid`]: (call) =>
    resourceAnswer(call, () => playlistResource(foundPlaylist(call), call)),
  [`PUT ${BASE}/playlists/:uid`]: (call) => resourceAnswer(call, () => replacePlaylist(call)),
  [`POST ${BASE}/playlists`]: (call) => resourceAnswer(call, () => newPlaylist(call), 201),
};

function dashboardResource(row: Dashboard, call: Call): Fields {
  const { spec, status } = convert(row, call.params.version ?? "");
  return { ...kindOf(call, "Dashboard"), metadata: metadata(row, row.folderUid), spec, status };
}

const folderResource = (row: Folder, call: Call): Fields => ({
  ...kindOf(call, "Folder"),
  metadata: metadata(row, row.parentUid),
  spec: { title: row.title, ...(row.description === "" ? {} : { description: row.description }) },
});

const playlistResource = (row: Playlist, call: Call): Fields => ({
  ...kindOf(call, "Playlist"),
  metadata: metadata(row, ""),
  spec: { title: row.name, interval: row.interval, items: row.items },
});

interface Sent {
  readonly name: string;
  readonly folderUid: string;
  readonly spec: Fields;
  readonly message: string;
}

function sent({ body }: Call): Sent {
  const { name, annotations } = fields(body.metadata);
  const notes = fields(annotations);
  return {
    name: text(name),
    folderUid: text(notes["grafana.app/folder"]),
    message: text(notes["grafana.app/message"]),
    spec: fields(body.spec),
  };
}

const alreadyExists = (kind: string, name: string): ResourceRefusal =>
  new ResourceRefusal(409, "AlreadyExists", `${kind} "${name}" already exists`);

function createDashboard(call: Call): Fields {
  requireRole(call.account, "Editor", "dashboards:create");
  const { name } = sent(call);
  if (call.server.store.dashboards.has(name)) throw alreadyExists("dashboards.dashboard.grafana.app", name);
  return writeDashboard(call, name);
}

function replaceDashboard(call: Call): Fields {
  requireRole(call.account, "Editor", "dashboards:write");
  const { manager, uid } = visibleDashboard(call);
  if (manager !== undefined)
    throw new ResourceRefusal(403, "Forbidden", `resource is managed by ${manager.kind}`);
  return writeDashboard(call, uid);
}

function writeDashboard(call: Call, uid: string): Fields {
  const { folderUid, spec, message } = sent(call);
  if (text(spec.title) === "")
    throw new ResourceRefusal(400, "BadRequest", "Dashboard title cannot be empty");
  const apiVersion = call.params.version ?? "";
  const saving = { uid, spec, folderUid, apiVersion, message, login: call.account.login };
  return dashboardResource(storeDashboard(call.server, saving), call);
}

function newFolder(call: Call): Fields {
  requireRole(call.account, "Editor", "folders:create");
  const { name, folderUid, spec } = sent(call);
  if (call.server.store.folders.has(name)) throw alreadyExists("folders.folder.grafana.app", name);
  checkParent(call.server, folderUid);
  const body = { ...spec, uid: name, parentUid: folderUid };
  return folderResource(createFolder(call.server, body, call.account.login), call);
}

function newPlaylist(call: Call): Fields {
  requireRole(call.account, "Editor", "playlists:create");
  const { name, spec } = sent(call);
  if (call.server.store.playlists.has(name)) throw alreadyExists("playlists.playlist.grafana.app", name);
  return playlistResource(storePlaylist(call.server, call.account, name, spec), call);
}

function foundPlaylist({ server, params }: Call): Playlist {
  const found = server.store.playlists.get(params.uid ?? "");
  if (found === undefined) throw new ResourceRefusal(404, "NotFound", "playlist not found");
  return found;
}

function replacePlaylist(call: Call): Fields {
  requireRole(call.account, "Editor", "playlists:write");
  const before = foundPlaylist(call);
  const { resourceVersion } = fields(call.body.metadata);
  if (resourceVersion !== fields(playlistResource(before, call).metadata).resourceVersion)
    throw new ResourceRefusal(409, "Conflict", "the object has been modified");
  return playlistResource(storePlaylist(call.server, call.account, before.uid, sent(call).spec), call);
}

/** Writes a playlist from `{ title, interval, items }`, over the one that is there. */
export function storePlaylist(server: Server, account: Account, uid: string, spec: Fields): Playlist {
  const before = server.store.playlists.get(uid);
  const id = before?.id ?? server.store.nextId();
  const now = timestamp(server);
  const playlist: Playlist = {
    id,
    uid: uid || `p${id.toString(36).padStart(9, "0")}`,
    name: text(spec.title),
    interval: text(spec.interval, "5m"),
    items: list(spec.items).map(fields),
    version: (before?.version ?? 0) + 1,
    created: now,
    createdBy: account.login,
    updated: now,
    updatedBy: account.login,
  };
  server.store.playlists.set(playlist.uid, playlist);
  return playlist;
}
