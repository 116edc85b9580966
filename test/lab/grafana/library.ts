import { requireRole, seesFolder } from "./access.ts";
import { fields, json, refuse, text } from "./reply.ts";
import { type Call, pageOf, queryNumber, type Routes, type Server, timestamp } from "./router.ts";
import type { Fields, LibraryPanel } from "./store.ts";

const DEFAULT_LIMIT = 100;
const PANEL = 1;

export const libraryRoutes: Routes = {
  "GET /api/library-elements": listElements,
  "GET /api/library-elements/:uid": ({ server, params }) => {
    const found = server.store.libraryPanels.get(params.uid ?? "");
    if (found === undefined) throw refuse(404, "library element could not be found");
    return json({ result: element(found, server) });
  },
  "POST /api/library-elements": createElement,
  "PATCH /api/library-elements/:uid": patchElement,
};

/** Permissions are applied after paging: a page can be short, or empty, and not be the last. */
function listElements({ server, query, account }: Call): Response {
  const all = [...server.store.libraryPanels.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const perPage = queryNumber(query, "perPage") || DEFAULT_LIMIT;
  const page = queryNumber(query, "page") || 1;
  const elements = pageOf(all, perPage, page)
    .filter((one) => seesFolder(account, one.folderUid))
    .map((one) => element(one, server));
  // Before 10 the total leaves out what lies in no folder.
  const counted = server.major < 10 ? all.filter(({ folderUid }) => folderUid !== "") : all;
  return json({ result: { totalCount: counted.length, page, perPage, elements } });
}

function element(panel: LibraryPanel, server: Server): Fields {
  const folder = server.store.folders.get(panel.folderUid);
  const user = { id: 1, name: "admin", avatarUrl: "/avatar/46d229b033af06a191ff2267bca9ae56" };
  return {
    id: panel.id,
    orgId: 1,
    folderId: folder?.id ?? 0,
    folderUid: panel.folderUid,
    uid: panel.uid,
    name: panel.name,
    kind: panel.kind,
    type: text(panel.model.type),
    description: text(panel.model.description),
    model: panel.model,
    version: panel.version,
    meta: {
      folderName: folder?.title ?? "General",
      folderUid: panel.folderUid,
      connectedDashboards: 0,
      created: panel.created,
      updated: panel.updated,
      createdBy: user,
      updatedBy: user,
    },
  };
}

function patchElement({ server, body, params, account }: Call): Response {
  requireRole(account, "Editor", "library.panels:write");
  const { libraryPanels, folders } = server.store;
  const before = libraryPanels.get(params.uid ?? "");
  if (before === undefined) throw refuse(404, "library element could not be found");
  if (body.version !== before.version)
    throw refuse(412, "the library element has been changed by someone else");
  const folderUid = text(body.folderUid);
  if (folderUid !== "" && !folders.has(folderUid)) throw refuse(400, "failed to get folder");
  const stamp = { updated: timestamp(server), updatedBy: account.login };
  const content = { name: text(body.name, before.name), folderUid, model: fields(body.model) };
  const panel = { ...before, ...content, ...stamp, version: before.version + 1 };
  libraryPanels.set(panel.uid, panel);
  return json({ result: element(panel, server) });
}

function createElement({ server, body, account }: Call): Response {
  requireRole(account, "Editor", "library.panels:create");
  const { store } = server;
  const id = store.nextId();
  const uid = text(body.uid) || `l${id.toString(36).padStart(9, "0")}`;
  const name = text(body.name);
  const folderUid = text(body.folderUid);
  if (name === "") throw refuse(400, "library element name cannot be empty");
  if (folderUid !== "" && !store.folders.has(folderUid)) throw refuse(400, "failed to get folder");
  const taken = [...store.libraryPanels.values()].some(
    (one) => one.uid === uid || (one.name === name && one.folderUid === folderUid),
  );
  if (taken) throw refuse(400, "library element with that name or UID already exists");
  const now = timestamp(server);
  const stamp = { created: now, createdBy: account.login, updated: now, updatedBy: account.login };
  const panel = { id, uid, name, kind: PANEL, folderUid, model: fields(body.model), version: 1, ...stamp };
  store.libraryPanels.set(uid, panel);
  return json({ result: element(panel, server) });
}
