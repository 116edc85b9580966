import { type Inventory, isFault, parseDuration, type Size, v } from "contextcore";
import { ifShown } from "./server/api.ts";
import { filledHours, findExtent } from "./server/extent.ts";
import type { Server } from "./server/server.ts";
import { durationLimit, prometheusSettings, tenantLimits } from "./server/settings.ts";
import { ownMetrics, userStats } from "./server/statistics.ts";

const NAMES = { prometheus: "Prometheus", mimir: "Mimir", cortex: "Cortex" };

/** What the server holds. */
export async function inventory(
  server: Server,
  options: { readonly now: bigint },
  signal: AbortSignal,
): Promise<Inventory> {
  const { flavour, version } = await server.identity(signal);
  const unread = createUnread();
  const extent = await findExtent(server, options.now, signal, unread.orUndefined);
  const { warnings, ...retention } = (await unread.orUndefined(readRetention(server, signal))) ?? {
    warnings: [],
  };
  const series = await unread.orUndefined(liveSeries(server, signal));
  return {
    signals: ["metrics"],
    serverVersion: version === "" ? NAMES[flavour] : `${NAMES[flavour]} ${version}`,
    ...extent,
    ...retention,
    ...(series === undefined ? {} : { counts: { series } }),
    warnings: [...warnings, ...unread.warnings()],
  };
}

/** Notes what the server fails at, so that the inventory can still say the rest. */
function createUnread() {
  const reasons = new Set<string>();
  return {
    warnings: () => [...reasons].map((reason) => `This could not be looked at: ${reason}`),
    orUndefined: <Value>(reading: Promise<Value>): Promise<Value | undefined> =>
      reading.catch((error: unknown) => {
        // Prometheus says 422 where it comes upon a damaged chunk.
        if (!isFault(error, 422)) throw error;
        reasons.add(error.message);
        return undefined;
      }),
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

interface Retention {
  /** ns; absent: the server did not say */
  readonly retention?: bigint | "unlimited";
  readonly retentionSetting?: string;
  readonly warnings: readonly string[];
}

/** How long the server keeps samples. */
export async function readRetention(server: Server, signal: AbortSignal): Promise<Retention> {
  const { flavour } = await server.identity(signal);
  if (flavour === "prometheus")
    return prometheusRetention((await prometheusSettings(server, signal)).retention);
  const limits = await tenantLimits(server, signal);
  const lookback = durationLimit(limits, "max_query_lookback");
  const warnings =
    lookback === undefined
      ? []
      : [`Data older than ${limits.max_query_lookback} cannot be read: limits.max_query_lookback hides it.`];
  if (!("compactor_blocks_retention_period" in limits)) return { warnings };
  return {
    retention: durationLimit(limits, "compactor_blocks_retention_period") ?? "unlimited",
    retentionSetting: "limits.compactor_blocks_retention_period",
    warnings,
  };
}

/** `15d`, `10GiB`, or `15d or 10GiB`: whichever comes first. */
function prometheusRetention(said: string | undefined): Retention {
  if (said === undefined) return { warnings: [] };
  const [first = "", second] = said.split(" or ");
  const size = second ?? (/B$/.test(first) ? first : undefined);
  const warnings =
    size === undefined
      ? []
      : [`It keeps at most ${size} of blocks and deletes the oldest beyond that, whatever their age.`];
  if (/B$/.test(first)) return { warnings };
  try {
    return {
      retention: parseDuration(first) || "unlimited",
      retentionSetting: "--storage.tsdb.retention.time",
      warnings,
    };
  } catch (error) {
    if (error instanceof RangeError) return { warnings };
    throw error;
  }
}

/** How big it is: the server's own figure, otherwise an estimate. @param now ns */
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

/** Bytes of a sample in a block with its share of the index: Prometheus' documentation says 1 to 2. */
const BYTES_PER_SAMPLE = 2;

/** Of a series that is scraped every 15 s. */
const SAMPLES_PER_SERIES_AND_HOUR = 240;

/** An estimate: as if the present rate had been the rate since the oldest sample. */
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
