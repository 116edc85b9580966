import { type Importance, type Inventory, v } from "contextcore";
import { findExtent } from "./extent.ts";
import { readRetention } from "./retention.ts";
import { ifShown } from "./server/api.ts";
import type { Server } from "./server/server.ts";
import { userStats } from "./server/user-stats.ts";

const NAMES = { prometheus: "Prometheus", mimir: "Mimir", cortex: "Cortex" };

/** What the server holds. */
export async function inventory(
  server: Server,
  options: { readonly importance: Importance; readonly now: bigint },
  signal: AbortSignal,
): Promise<Inventory> {
  const { flavour, version } = await server.identity(signal);
  const extent = await findExtent(server, options.now, signal);
  const { warnings, ...retention } = await readRetention(server, signal);
  const series = await liveSeries(server, signal);
  return {
    signals: ["metrics"],
    serverVersion: version === "" ? NAMES[flavour] : `${NAMES[flavour]} ${version}`,
    ...extent,
    ...retention,
    importance: options.importance,
    ...(series === undefined ? {} : { counts: { series } }),
    warnings,
  };
}

const headStats = v.object({ headStats: v.object({ numSeries: v.number() }) });

/** The series in memory: those that are written now; `undefined` where the server does not say. */
async function liveSeries(server: Server, signal: AbortSignal): Promise<number | undefined> {
  const { flavour } = await server.identity(signal);
  if (flavour === "prometheus") {
    const status = await ifShown(
      server.api(headStats, { path: "/api/v1/status/tsdb", query: { limit: 1 }, signal }),
    );
    return status?.data.headStats.numSeries;
  }
  return (await userStats(server, signal))?.numSeries;
}
