import { requireRole, seesDashboard } from "./access.ts";
import { checkQuota } from "./admin.ts";
import { ancestors } from "./folders.ts";
import { fields, json, number, refuse, slug, text, without } from "./reply.ts";
import { type Call, type Routes, type Server, timestamp } from "./router.ts";
import type { Dashboard, Fields } from "./store.ts";
import { convert, isV2 } from "./versions.ts";

export const dashboardRoutes: Routes = {
  "GET /api/dashboards/uid/:uid": getDashboard,
  "POST /api/dashboards/db": saveDashboard,
  "DELETE /api/dashboards/uid/:uid": (call) => {
    const { uid, id, spec } = removeDashboard(call);
    return json({ title: spec.title, message: `Dashboard ${spec.title} deleted`, uid, id });
  },
};

function getDashboard(call: Call): Response {
  const dashboard = visibleDashboard(call);
  const { server } = call;
  if (isV2(dashboard.apiVersion) && server.major < 13) {
    const path = `/apis/dashboard.grafana.app/${dashboard.apiVersion}/namespaces/default/dashboards/${dashboard.uid}`;
    throw refuse(406, `dashboard api version not supported, use ${path} instead`);
  }
  const { spec } = convert(dashboard, "v0alpha1");
  const own = { id: dashboard.id, uid: dashboard.uid, version: dashboard.version };
  return json({ dashboard: { ...spec, ...own }, meta: meta(dashboard, server) });
}

function meta(dashboard: Dashboard, server: Server): Fields {
  const folder = server.store.folders.get(dashboard.folderUid);
  const title = text(dashboard.spec.title);
  const fromFile = dashboard.manager?.kind === "classic-file-provisioning";
  return {
    type: "db",
    canSave: true,
    canEdit: true,
    canAdmin: true,
    canStar: true,
    canDelete: true,
    slug: slug(title),
    url: `/d/${dashboard.uid}/${slug(title)}`,
    expires: "0001-01-01T00:00:00Z",
    created: dashboard.created,
    updated: dashboard.updated,
    updatedBy: dashboard.updatedBy,
    createdBy: dashboard.createdBy,
    version: dashboard.version,
    hasAcl: false,
    isFolder: false,
    folderId: folder?.id ?? 0,
    ...(server.major < 8 ? {} : { folderUid: dashboard.folderUid }),
    folderTitle: folder?.title ?? "General",
    folderUrl: folder === undefined ? "" : `/dashboards/f/${folder.uid}/${slug(folder.title)}`,
    provisioned: fromFile,
    provisionedExternalId: fromFile ? dashboard.manager.id : "",
    ...(server.major < 12 ? {} : { apiVersion: dashboard.apiVersion }),
  };
}

export function visibleDashboard({ params, account, server }: Call): Dashboard {
  const dashboard = server.store.dashboards.get(params.uid ?? "");
  if (dashboard === undefined) throw refuse(404, "Dashboard not found");
  if (!seesDashboard(account, dashboard)) throw refuse(403, "Access denied to this dashboard");
  return dashboard;
}

export function removeDashboard(call: Call): Dashboard {
  requireRole(call.account, "Editor", "dashboards:delete");
  const dashboard = visibleDashboard(call);
  if (dashboard.manager !== undefined) throw refuse(400, "provisioned dashboard cannot be deleted");
  call.server.store.dashboards.delete(dashboard.uid);
  return dashboard;
}

/** The old API takes the spaces around a title away. */
function saveDashboard({ server, body, account }: Call): Response {
  requireRole(account, "Editor", "dashboards:create");
  const sent = fields(body.dashboard);
  const spec = typeof sent.title === "string" ? { ...sent, title: sent.title.trim() } : sent;
  if (spec.elements !== undefined || spec.spec !== undefined)
    throw refuse(
      400,
      "dashboard appears to be in v2 format. Please use the /apis/dashboard.grafana.app/v2 API",
    );
  checkTitle(text(spec.title));
  const existing = server.store.dashboards.get(text(spec.uid));
  checkVersion(existing, number(spec.version), body.overwrite === true);
  const saved = storeDashboard(server, {
    uid: text(spec.uid),
    spec: without(spec, "id", "uid", "version"),
    folderUid: server.major < 8 ? folderOf(server, number(body.folderId)) : text(body.folderUid),
    apiVersion: "v0alpha1",
    message: text(body.message),
    login: account.login,
  });
  const title = text(spec.title);
  return json({
    id: saved.id,
    uid: saved.uid,
    url: `/d/${saved.uid}/${slug(title)}`,
    status: "success",
    version: saved.version,
    slug: slug(title),
    folderUid: saved.folderUid,
  });
}

/** Before 8 a folder's uid is not heeded. */
const folderOf = ({ store }: Server, number: number): string =>
  [...store.folders.values()].find(({ id }) => id === number)?.uid ?? "";

function checkTitle(title: string): void {
  if (title === "") throw refuse(400, "Dashboard title cannot be empty", { status: "empty-name" });
  if (title.length > 5000)
    throw refuse(400, "Dashboard title cannot contain more than 5 000 characters", {
      status: "title-too-long",
    });
}

function checkVersion(existing: Dashboard | undefined, version: number, overwrite: boolean): void {
  if (existing === undefined) return;
  if (existing.manager !== undefined) throw refuse(400, "Cannot save provisioned dashboard");
  if (overwrite || existing.version === version) return;
  throw refuse(412, "The dashboard has been changed by someone else", { status: "version-mismatch" });
}

export interface Saving {
  readonly uid: string;
  readonly spec: Fields;
  readonly folderUid: string;
  readonly apiVersion: string;
  readonly message: string;
  readonly login: string;
}

/** Writes a dashboard; the caller has checked that it may be written. @throws Refusal for a bad uid or folder. */
export function storeDashboard(server: Server, saving: Saving): Dashboard {
  const { store } = server;
  const { login, ...content } = saving;
  const before = store.dashboards.get(saving.uid);
  if (before === undefined) checkQuota(server, "org_dashboard");
  const id = before?.id ?? store.nextId();
  const uid = saving.uid || `d${id.toString(36).padStart(9, "0")}`;
  if (!/^[\w-]*$/.test(uid)) throw refuse(400, "uid contains illegal characters");
  if (uid.length > 40) throw refuse(400, "uid too long, max 40 characters");
  if (saving.folderUid !== "" && ancestors(server, saving.folderUid).length === 0)
    throw refuse(404, "Folder not found");
  const now = timestamp(server);
  const stamp = {
    created: before?.created ?? now,
    createdBy: before?.createdBy ?? login,
    updated: now,
    updatedBy: login,
  };
  const dashboard = { ...content, ...stamp, id, uid, version: (before?.version ?? 0) + 1 };
  store.dashboards.set(uid, dashboard);
  return dashboard;
}
