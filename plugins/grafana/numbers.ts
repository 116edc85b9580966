/** Grafana before 9 has numbers in places where newer ones have uids. They are another server's, so no snapshot holds them. */
import { PluginError, v } from "contextcore";
import { searchAll } from "./lists.ts";
import { readIfThere, type Server } from "./server.ts";

const numberSchema = v.object({ id: v.number() });

/** The number of a folder. @throws PluginError `invalid` when it is not there */
export async function folderNumber(server: Server, uid: string): Promise<number> {
  const found = await readIfThere(server, numberSchema, { path: `/api/folders/${encodeURIComponent(uid)}` });
  if (found === undefined) throw new PluginError("invalid", `its folder ${uid} is not there`);
  return found.id;
}

const dashboardSchema = v.object({ dashboard: numberSchema });

/** The number of a dashboard; `undefined` when it is not there. */
export async function dashboardNumber(server: Server, uid: string): Promise<number | undefined> {
  const path = `/api/dashboards/uid/${encodeURIComponent(uid)}`;
  return (await readIfThere(server, dashboardSchema, { path }))?.dashboard.id;
}

/** The uids of all dashboards, by number. */
export async function dashboardUids(server: Server): Promise<ReadonlyMap<number, string>> {
  const hits = await searchAll(server, { type: "dash-db" });
  return new Map(hits.flatMap(({ id, uid }) => (id === undefined ? [] : [[id, uid] as const])));
}
