import {
  type DashboardListing,
  type DashboardStore,
  objectOf,
  type PlacedDashboard,
  PluginError,
  parseExact,
  v,
} from "contextcore";
import { creation, isResource, readDashboard, replacement, unknownVersion } from "./dashboard-calls.ts";
import type { Draft } from "./dashboard-draft.ts";
import { objectSchema } from "./json.ts";
import { folderRequest, readFolders } from "./kinds/folders.ts";
import { searchAll } from "./lists.ts";
import { readIfThere, type Server, type ServerFor } from "./server.ts";
import { readWritable } from "./writable.ts";

const MESSAGE = "Provisioned by contextcore";

/** Grafana's individual dashboards. */
export function createDashboardStore(at: ServerFor): DashboardStore {
  return {
    list: (signal) => list(at(signal)),
    read: (uid, signal) => readDashboard(at(signal), uid),
    parse: (text) => parse(at, text),
    write: (dashboard, signal) => write(at(signal), dashboard),
    async remove(uid, signal) {
      const path = `/api/dashboards/uid/${encodeURIComponent(uid)}`;
      await at(signal).http.send({ method: "DELETE", path, signal });
    },
    async createFolder(folder, signal) {
      const { http, world } = at(signal);
      await http.send({ ...folderRequest(await world(), folder), signal });
    },
    async renameFolder({ uid, title }, signal) {
      const path = `/api/folders/${encodeURIComponent(uid)}`;
      await at(signal).http.send({ method: "PUT", path, json: { title, overwrite: true }, signal });
    },
    removeFolder: (uid, signal) => removeFolder(at(signal), uid),
  };
}

async function list(server: Server): Promise<DashboardListing> {
  const { folders } = await readFolders(server);
  const hits = await searchAll(server, { type: "dash-db" });
  const dashboards = hits.map(({ uid, title, folderUid, tags, url }) => ({
    uid,
    title,
    folderUid,
    tags: tags ?? [],
    ...(url === "" ? {} : { url: `${server.http.url}${url}` }),
  }));
  return { folders, dashboards };
}

function parse(at: ServerFor, text: string): Draft | Promise<Draft> {
  const checked = v.safeParse(objectSchema, parseExact(text));
  if (!checked.success) throw new PluginError("invalid", "not a dashboard: it is not a JSON object");
  const draft = readWritable(checked.output);
  return draft.schema?.startsWith("v2") ? knownTo(at(UNENDED), draft) : draft;
}

/** Parsing a file has no signal; the time limit of a call ends it. */
const UNENDED = new AbortController().signal;

/** @throws PluginError `refused` when this Grafana is too old for it */
async function knownTo(server: Server, draft: Draft): Promise<Draft> {
  // If the server does not answer, the list call that follows reports it.
  const world = await server.world().catch(() => undefined);
  if (world === undefined || isResource(world, draft)) return draft;
  throw new PluginError("refused", unknownVersion(draft.schema));
}

async function write(server: Server, dashboard: PlacedDashboard): Promise<void> {
  const saving = { ...dashboard, message: MESSAGE };
  const request = await (dashboard.replaces ? replacement(server, saving) : creation(server, saving));
  await server.http.send({ ...request, signal: server.signal });
}

const countsSchema = objectOf(v.unknown());

/** Grafana deletes a folder's contents with it, including library panels without asking, so check the contents first. */
async function removeFolder(server: Server, uid: string): Promise<void> {
  const path = `/api/folders/${encodeURIComponent(uid)}`;
  const counts = (await readIfThere(server, countsSchema, { path: `${path}/counts` })) ?? {};
  const held = Object.entries(counts).filter(([, number]) => typeof number === "number" && number > 0);
  if (held.length > 0) {
    const what = held.map(([kind, number]) => `${number} ${NAMES[kind] ?? kind}`).join(", ");
    throw new PluginError("refused", `the folder is not empty: it still holds ${what}`);
  }
  const { http, signal } = server;
  await http.send({ method: "DELETE", path, query: { forceDeleteRules: false }, signal });
}

const NAMES: Readonly<Record<string, string>> = {
  folder: "folders",
  dashboard: "dashboards",
  librarypanel: "library panels",
  alertrule: "alert rules",
};
