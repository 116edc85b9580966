import { type Size, v } from "contextcore";
import { filledHours, findExtent } from "./extent.ts";
import { ifShown } from "./server/api.ts";
import { ownMetrics, userStats } from "./server/own-metrics.ts";
import type { Server } from "./server/server.ts";

/** How big it is: what the server says, else worked out. @param now ns */
export async function measure(server: Server, now: bigint, signal: AbortSignal): Promise<Size> {
  const said = await shownSize(server, signal);
  return said === undefined ? estimate(server, now, signal) : { bytes: said, source: "api" };
}

/** The parts of a Prometheus' storage that it shows among its own metrics. */
const PARTS = [
  "prometheus_tsdb_storage_blocks_bytes",
  "prometheus_tsdb_wal_storage_size_bytes",
  "prometheus_tsdb_head_chunks_storage_size_bytes",
];

async function shownSize(server: Server, signal: AbortSignal): Promise<number | undefined> {
  const { flavour } = await server.identity(signal);
  if (flavour !== "prometheus") return undefined;
  const shown = await ownMetrics(server, signal);
  return shown.has("prometheus_tsdb_storage_blocks_bytes")
    ? PARTS.reduce((sum, part) => sum + (shown.get(part) ?? 0), 0)
    : blockList(server, signal);
}

const blocks = v.object({
  blocks: v.array(v.object({ stats: v.optional(v.object({ numBytes: v.optional(v.number(), 0) })) })),
});

/** Prometheus 3.6 and newer, where `/metrics` is not reachable. */
async function blockList(server: Server, signal: AbortSignal): Promise<number | undefined> {
  const answer = await ifShown(server.api(blocks, { path: "/api/v1/status/tsdb/blocks", signal }));
  return answer?.data.blocks.reduce((sum, { stats }) => sum + (stats?.numBytes ?? 0), 0);
}

/** What a sample takes in a block, with its share of the index: Prometheus' documentation says 1 to 2 bytes. */
const BYTES_PER_SAMPLE = 2;

/** A series that is scraped every 15 s. */
const SAMPLES_PER_SERIES_AND_HOUR = 240;

/** What comes in now, carried back to the oldest. */
async function estimate(server: Server, now: bigint, signal: AbortSignal): Promise<Size> {
  const { oldest, newest } = await findExtent(server, now, signal);
  if (oldest === undefined || newest === undefined) {
    return { bytes: 0, source: "estimate", how: "it is empty" };
  }
  const hours = await filledHours(server, { from: oldest, to: newest }, signal);
  const stats = await userStats(server, signal);
  const perHour = (stats?.ingestionRate || 0) * 3600 || (stats?.numSeries ?? 0) * SAMPLES_PER_SERIES_AND_HOUR;
  const how = `${Math.round(perHour)} samples an hour over ${Math.round(hours)} h, ${BYTES_PER_SAMPLE} bytes each`;
  return { bytes: Math.round(perHour * hours * BYTES_PER_SAMPLE), source: "estimate", how };
}
