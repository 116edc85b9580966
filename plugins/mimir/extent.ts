import { fromMs, type Inventory, toMs, v } from "contextcore";
import { ifShown, saidTooMuch } from "./server/api.ts";
import { ownMetrics } from "./server/own-metrics.ts";
import { queryVector, type Server, seconds, selectorOf } from "./server/server.ts";

const HOUR_MS = 3_600_000;

/** Nothing is older: 20 years. */
const HOURS_MAX = 175_200;

export type Extent = Pick<Inventory, "oldest" | "newest">;

/**
 * From when to when there is data. A Prometheus shows both among its own metrics; Mimir and Cortex are asked for labels
 * of ever longer ranges, which finds the hour.
 */
export async function findExtent(server: Server, now: bigint, signal: AbortSignal): Promise<Extent> {
  const { flavour } = await server.identity(signal);
  const shown = flavour === "prometheus" ? await shownExtent(server, signal) : undefined;
  return shown ?? searchExtent(server, toMs(now), signal);
}

/** `undefined` when the server does not show it; an empty Prometheus shows times at the ends of the scale. */
async function shownExtent(server: Server, signal: AbortSignal): Promise<Extent | undefined> {
  const metrics = await ownMetrics(server, signal);
  const oldest = metrics.get("prometheus_tsdb_lowest_timestamp");
  const newest = metrics.get("prometheus_tsdb_head_max_time");
  if (oldest === undefined || newest === undefined) return undefined;
  if (!Number.isSafeInteger(oldest) || oldest < 0) return {};
  return {
    oldest: fromMs(oldest),
    ...(Number.isSafeInteger(newest) && newest >= oldest ? { newest: fromMs(newest) } : {}),
  };
}

async function searchExtent(server: Server, now: number, signal: AbortSignal): Promise<Extent> {
  const hasData = (from: number, to: number): Promise<boolean> => hasLabels(server, from, to, signal);
  if (!(await hasData(0, now))) return {};
  const youngest = await smallest(HOURS_MAX, (hours) => hasData(now - hours * HOUR_MS, now));
  const older = await smallest(HOURS_MAX, async (hours) => !(await hasData(0, now - hours * HOUR_MS)));
  const exact = await newestSample(server, now, signal);
  return {
    oldest: fromMs(Math.max(0, now - older * HOUR_MS)),
    newest: fromMs(exact ?? now - (youngest - 1) * HOUR_MS),
  };
}

/** The smallest number of hours from 1 on for which it holds, by doubling and halving; it holds for all greater ones. */
async function smallest(most: number, holds: (hours: number) => Promise<boolean>): Promise<number> {
  let high = 1;
  while (high < most && !(await holds(high))) high *= 2;
  let low = high >> 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (await holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

async function hasLabels(server: Server, from: number, to: number, signal: AbortSignal): Promise<boolean> {
  const query = { start: seconds(Math.max(0, from)), end: seconds(to), limit: 1 };
  const { data } = await server.api(v.nullable(v.array(v.string())), {
    path: "/api/v1/labels",
    query,
    signal,
  });
  return data !== null && data.length > 0;
}

/** The newest sample of the last five minutes, ms, when the server will look at all series for it. */
async function newestSample(server: Server, now: number, signal: AbortSignal): Promise<number | undefined> {
  const query = `max(timestamp(${selectorOf(undefined)}))`;
  try {
    const [newest] = (await ifShown(queryVector(server, query, now, signal))) ?? [];
    return newest === undefined || Number.isNaN(newest.value) ? undefined : Math.round(newest.value * 1000);
  } catch (error) {
    if (saidTooMuch(error)) return undefined;
    throw error;
  }
}
