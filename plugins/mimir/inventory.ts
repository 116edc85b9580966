import { type Inventory, parseDuration, v } from "contextcore";
import { findExtent } from "./extent.ts";
import { ifShown, isFault } from "./server/api.ts";
import { userStats } from "./server/own-metrics.ts";
import { prometheusSettings } from "./server/prometheus-settings.ts";
import type { Server } from "./server/server.ts";
import { durationLimit, tenantLimits } from "./server/tenant-limits.ts";

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

/** Notes what the server fails at, which is no reason not to say the rest. */
function createUnread() {
  const reasons = new Set<string>();
  return {
    warnings: () => [...reasons].map((reason) => `This could not be looked at: ${reason}`),
    orUndefined: <Value>(reading: Promise<Value>): Promise<Value | undefined> =>
      reading.catch((error: unknown) => {
        if (!isFault(error)) throw error;
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
  readonly warnings: readonly string[];
}

/** How long the server keeps samples. */
async function readRetention(server: Server, signal: AbortSignal): Promise<Retention> {
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
  return { retention: durationLimit(limits, "compactor_blocks_retention_period") ?? "unlimited", warnings };
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
    return { retention: parseDuration(first) || "unlimited", warnings };
  } catch (error) {
    if (error instanceof RangeError) return { warnings };
    throw error;
  }
}
