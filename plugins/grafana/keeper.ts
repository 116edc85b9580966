import {
  type DashboardKeeper,
  type DashboardListing,
  type PlacedDashboard,
  PluginError,
  v,
} from "contextcore";
import { dashboardRequest, isResource, readDashboard } from "./dashboard-calls.ts";
import { type Draft, readDraft } from "./dashboard-draft.ts";
import { objectSchema, parseExact } from "./json.ts";
import { folderRequest, readFolders } from "./kinds/folders.ts";
import { searchAll } from "./lists.ts";
import { read, readIfThere, resourcePath, type Server } from "./server.ts";

const MESSAGE = "Provisioned by contextcore";

/** Grafana's dashboards one by one. */
export function createKeeper(server: Server): DashboardKeeper {
  const { http } = server;
  return {
    list: (signal) => list(server, signal),
    read: (uid, signal) => readDashboard(server, uid, signal),
    parse,
    write: (dashboard, signal) => write(server, dashboard, signal),
    async remove(uid, signal) {
      await http.send({ method: "DELETE", path: `/api/dashboards/uid/${encodeURIComponent(uid)}`, signal });
    },
    async createFolder(folder, signal) {
      await http.send({ ...folderRequest(await server.world(signal), folder), signal });
    },
    async renameFolder({ uid, title }, signal) {
      const path = `/api/folders/${encodeURIComponent(uid)}`;
      await http.send({ method: "PUT", path, json: { title, overwrite: true }, signal });
    },
    removeFolder: (uid, signal) => removeFolder(server, uid, signal),
  };
}

async function list(server: Server, signal: AbortSignal): Promise<DashboardListing> {
  const { folders } = await readFolders(server, signal);
  const hits = await searchAll(server.http, { type: "dash-db" }, signal);
  const dashboards = hits.map(({ uid, title, folderUid, tags, url }) => ({
    uid,
    title,
    folderUid,
    tags: tags ?? [],
    ...(url === "" ? {} : { url: `${server.http.url}${url}` }),
  }));
  return { folders, dashboards };
}

function parse(text: string): Draft {
  const checked = v.safeParse(objectSchema, parseExact(text));
  if (!checked.success) throw new PluginError("invalid", "not a dashboard: it is not a JSON object");
  return readDraft(checked.output);
}

async function write(server: Server, dashboard: PlacedDashboard, signal: AbortSignal): Promise<void> {
  const world = await server.world(signal);
  const { uid, schema = "", replaces } = dashboard;
  const before =
    replaces && isResource(world, dashboard)
      ? await read(server.http, versionSchema, {
          path: resourcePath(world, "dashboard", schema, `dashboards/${encodeURIComponent(uid)}`),
          signal,
        })
      : undefined;
  const resourceVersion = before?.metadata.resourceVersion;
  const saving = {
    ...dashboard,
    message: MESSAGE,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
  await server.http.send({ ...dashboardRequest(world, saving), signal });
}

const versionSchema = v.object({ metadata: v.object({ resourceVersion: v.optional(v.string()) }) });

const countsSchema = v.record(v.string(), v.unknown());

/** Grafana itself deletes everything in a folder with it, library panels without asking; so it is looked at first. */
async function removeFolder({ http }: Server, uid: string, signal: AbortSignal): Promise<void> {
  const path = `/api/folders/${encodeURIComponent(uid)}`;
  const counts = (await readIfThere(http, countsSchema, { path: `${path}/counts`, signal })) ?? {};
  const held = Object.entries(counts).filter(([, number]) => typeof number === "number" && number > 0);
  if (held.length > 0) {
    const what = held.map(([kind, number]) => `${number} ${NAMES[kind] ?? kind}`).join(", ");
    throw new PluginError("refused", `the folder is not empty: it still holds ${what}`);
  }
  await http.send({ method: "DELETE", path, query: { forceDeleteRules: false }, signal });
}

const NAMES: Readonly<Record<string, string>> = {
  folder: "folders",
  dashboard: "dashboards",
  librarypanel: "library panels",
  alertrule: "alert rules",
};
