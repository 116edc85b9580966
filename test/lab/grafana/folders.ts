import { requireRole, seesFolder } from "./access.ts";
import { fields, json, refuse, refuseWithId, slug, text } from "./reply.ts";
import { type Call, pageOf, queryNumber, type Routes, type Server, timestamp } from "./router.ts";
import type { Fields, Folder } from "./store.ts";

/** The folder that stands for what is visible below folders that are not. */
const SHARED = { uid: "sharedwithme", title: "Shared with me" };

const MAX_DEPTH = 4;
const DEFAULT_LIMIT = 1000;

export const folderRoutes: Routes = {
  "GET /api/folders": listFolders,
  "POST /api/folders": (call) => {
    requireRole(call.account, "Editor", "folders:create");
    return json(detail(createFolder(call.server, call.body, call.account.login), call.server));
  },
  "GET /api/folders/:uid": (call) => json(detail(visibleFolder(call), call.server)),
  "PUT /api/folders/:uid": updateFolder,
  "POST /api/folders/:uid/move": moveFolder,
  "DELETE /api/folders/:uid": deleteFolder,
  "GET /api/folders/:uid/counts": (call) => json(descendants(call.server, visibleFolder(call).uid)),
};

function listFolders({ query, account, server }: Call): Response {
  const parent = query.get("parentUid") ?? "";
  const all = [...server.store.folders.values()].filter((one) => seesFolder(account, one.uid));
  const stray = all.filter((one) => one.parentUid !== "" && !seesFolder(account, one.parentUid));
  const here = parent === SHARED.uid ? stray : all.filter((one) => one.parentUid === parent);
  const rows = here.sort((a, b) => (a.title < b.title ? -1 : 1)).map(hit);
  if (parent === "" && stray.length > 0) rows.unshift({ id: -1, ...SHARED });
  return json(pageOf(rows, queryNumber(query, "limit") || DEFAULT_LIMIT, queryNumber(query, "page")));
}

const hit = (folder: Folder): Fields => ({
  id: folder.id,
  uid: folder.uid,
  title: folder.title,
  ...(folder.parentUid === "" ? {} : { parentUid: folder.parentUid }),
  ...(folder.manager === undefined ? {} : { managedBy: folder.manager.kind }),
});

function detail(folder: Folder, server: Server): Fields {
  const { description: _, manager, parentUid, ...rest } = folder;
  const rights = { hasAcl: false, canSave: true, canEdit: true, canAdmin: true, canDelete: true, orgId: 1 };
  const url = `/dashboards/f/${folder.uid}/${slug(folder.title)}`;
  const nested = parentUid === "" ? {} : { parentUid, parents: ancestors(server, parentUid).map(hit) };
  return { ...rest, ...rights, url, ...nested, ...(manager && { managedBy: manager.kind }) };
}

/** From the root down to the folder itself. */
export function ancestors(server: Server, uid: string): Folder[] {
  const folder = server.store.folders.get(uid);
  return folder === undefined ? [] : [...ancestors(server, folder.parentUid), folder];
}

/** The folder that a call names. @throws Refusal when the account may not see it */
export function visibleFolder({ params, account, server }: Call): Folder {
  const folder = server.store.folders.get(params.uid ?? "");
  if (folder === undefined) throw refuse(404, "folder not found", { status: "not-found" });
  if (!seesFolder(account, folder.uid)) throw refuse(403, "Access denied");
  return folder;
}

/** Makes a folder from `{ uid?, title, parentUid?, description? }`. @throws Refusal as the real server refuses. */
export function createFolder(server: Server, body: Fields, login: string): Folder {
  const title = text(body.title);
  if (title === "") throw refuse(400, "folder title cannot be empty");
  const id = server.store.nextId();
  const uid = text(body.uid) || `f${id.toString(36).padStart(9, "0")}`;
  checkNewUid(server, uid);
  const parentUid = text(body.parentUid);
  checkParent(server, parentUid);
  const now = timestamp(server);
  const stamp = { created: now, createdBy: login, updated: now, updatedBy: login, version: 1 };
  const folder = { id, uid, title, description: text(body.description), parentUid, ...stamp };
  server.store.folders.set(uid, folder);
  return folder;
}

function checkNewUid(server: Server, uid: string): void {
  if (!/^[\w-]{1,40}$/.test(uid)) throw refuse(400, "invalid uid for folder provided");
  if (!server.store.folders.has(uid)) return;
  if (server.major < 12) throw refuse(409, "a folder/dashboard with the same uid already exists");
  throw refuse(412, "the folder has been changed by someone else", { status: "version-mismatch" });
}

export function checkParent(server: Server, parentUid: string): void {
  if (parentUid === "") return;
  const depth = ancestors(server, parentUid).length;
  if (depth === 0) throw refuse(404, "folder not found", { status: "not-found" });
  if (depth >= MAX_DEPTH)
    throw refuseWithId(400, "folder.maximum-depth-reached", "Maximum nested folder depth reached");
}

function updateFolder(call: Call): Response {
  requireRole(call.account, "Editor", "folders:write");
  const folder = visibleFolder(call);
  const { title, description, overwrite, version } = fields(call.body);
  if (overwrite !== true && version !== folder.version)
    throw refuse(412, "the folder has been changed by someone else", { status: "version-mismatch" });
  const changed = {
    ...folder,
    title: text(title, folder.title),
    description: text(description, folder.description),
    version: folder.version + 1,
  };
  call.server.store.folders.set(folder.uid, { ...changed, updated: timestamp(call.server) });
  return json(detail(changed, call.server));
}

function moveFolder(call: Call): Response {
  requireRole(call.account, "Editor", "folders:write");
  const folder = visibleFolder(call);
  const parentUid = text(call.body.parentUid);
  if (below(call.server, folder.uid).has(parentUid))
    throw refuse(400, "cannot move folder under its own child");
  checkParent(call.server, parentUid);
  const moved = { ...folder, parentUid, version: folder.version + 1, updated: timestamp(call.server) };
  call.server.store.folders.set(folder.uid, moved);
  return json(detail(moved, call.server));
}

function deleteFolder(call: Call): Response {
  requireRole(call.account, "Editor", "folders:delete");
  const { uid, id } = visibleFolder(call);
  const { store } = call.server;
  const inside = below(call.server, uid);
  const rules = [...store.rules.values()].filter((rule) => inside.has(text(rule.fields.folderUID)));
  if (rules.length > 0 && call.query.get("forceDeleteRules") !== "true")
    throw refuse(400, "folder contains alert rules");
  for (const held of [store.dashboards, store.libraryPanels])
    for (const one of [...held.values()]) if (inside.has(one.folderUid)) held.delete(one.uid);
  for (const one of inside) store.folders.delete(one);
  return json({ message: "Folder deleted", id });
}

/** The folder and all folders in it. */
export function below(server: Server, uid: string): Set<string> {
  const children = [...server.store.folders.values()].filter((one) => one.parentUid === uid);
  return new Set([uid, ...children.flatMap((child) => [...below(server, child.uid)])]);
}

function descendants(server: Server, uid: string): Fields {
  const { store } = server;
  const inside = below(server, uid);
  const count = (uids: Iterable<string>): number => [...uids].filter((one) => inside.has(one)).length;
  return {
    folder: inside.size - 1,
    dashboard: count([...store.dashboards.values()].map((one) => one.folderUid)),
    librarypanel: count([...store.libraryPanels.values()].map((one) => one.folderUid)),
    alertrule: count([...store.rules.values()].map((one) => text(one.fields.folderUID))),
  };
}
