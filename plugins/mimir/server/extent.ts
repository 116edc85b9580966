import { fromMs, type Inventory, PluginError, type Range, toMs, v } from "contextcore";
import { ifShown, saidTooMuch } from "./api.ts";
import { isUnknownFunction, matchersOf, queryVector, seconds, selectorOf } from "./queries.ts";
import { hasSamples, isWithoutRemoteRead } from "./remote-read.ts";
import type { Server } from "./server.ts";
import { ownMetrics } from "./statistics.ts";

const HOUR_MS = 3_600_000;

type Extent = Pick<Inventory, "oldest" | "newest">;

/**
 * From when to when there is data. A Prometheus shows both among its own metrics, but its oldest time leaves out samples
 * that came out of order and are still in memory: it is asked whether there is anything before. Mimir and Cortex are asked
 * for labels of ever longer ranges, which finds the hour.
 */
export async function findExtent(
  server: Server,
  now: bigint,
  signal: AbortSignal,
  orUndefined: OrUndefined = (reading) => reading,
): Promise<Extent> {
  const { flavour } = await server.identity(signal);
  const shown = flavour === "prometheus" ? await shownExtent(server, signal) : undefined;
  if (shown === undefined) return searchExtent(server, toMs(now), orUndefined, signal);
  if (shown.oldest === undefined) return shown;
  const isFilled: IsFilled = (to) => hasSamplesBefore(server, to, signal);
  const isOldest = !(await orUndefined(isFilled(toMs(shown.oldest))));
  if (isOldest) return shown;
  return { ...shown, oldest: (await orUndefined(oldestHour(toMs(now), isFilled))) ?? shown.oldest };
}

/** What a call gives; `undefined` where the server fails at it, and the failure is noted. */
type OrUndefined = <Value>(reading: Promise<Value>) => Promise<Value | undefined>;

/** Whether there is anything before a time, ms. */
type IsFilled = (to: number) => Promise<boolean>;

/** A server without remote read has nothing that came out of order either, or cannot be asked. */
async function hasSamplesBefore(server: Server, to: number, signal: AbortSignal): Promise<boolean> {
  const query = { range: { from: 0n, to: fromMs(Math.max(1, to)) }, matchers: matchersOf(undefined) };
  try {
    return await hasSamples(server, query, signal);
  } catch (error) {
    if (error instanceof PluginError && isWithoutRemoteRead(error)) return false;
    throw error;
  }
}

/** `undefined` when the server does not show it; an empty Prometheus shows times at the ends of the scale. */
async function shownExtent(server: Server, signal: AbortSignal): Promise<Extent | undefined> {
  const metrics = await ownMetrics(server, signal);
  const oldest = metrics.get("prometheus_tsdb_lowest_timestamp");
  const newest = metrics.get("prometheus_tsdb_head_max_time");
  if (oldest === undefined || newest === undefined) return undefined;
  if (!Number.isSafeInteger(oldest)) return {};
  return {
    // The times of a snapshot begin in 1970; an export says what lies before.
    oldest: fromMs(Math.max(0, oldest)),
    ...(Number.isSafeInteger(newest) && newest >= oldest ? { newest: fromMs(newest) } : {}),
  };
}

async function searchExtent(
  server: Server,
  now: number,
  orUndefined: OrUndefined,
  signal: AbortSignal,
): Promise<Extent> {
  const hasData = (from: number, to: number): Promise<boolean> => hasLabels(server, from, to, signal);
  if (!(await hasData(0, now))) return {};
  const youngest = await smallest(hoursUntil(now), (hours) => hasData(now - hours * HOUR_MS, now));
  const exact = await orUndefined(newestSample(server, now, signal));
  return {
    oldest: await oldestHour(now, (to) => hasData(0, to)),
    newest: fromMs(exact ?? now - (youngest - 1) * HOUR_MS),
  };
}

/** The hour before which there is nothing, ns. @param now ms */
async function oldestHour(now: number, isFilled: IsFilled): Promise<bigint> {
  const hours = await smallest(hoursUntil(now), async (age) => !(await isFilled(now - age * HOUR_MS)));
  return fromMs(Math.max(0, now - hours * HOUR_MS));
}

/** Since 1970. */
const hoursUntil = (now: number): number => Math.ceil(now / HOUR_MS);

/**
 * The smallest number of hours or seconds, at least 1, for which `holds` is true, found by doubling and halving. It must be true for all
 * greater numbers; for `most` it is taken to be true.
 */
export async function smallest(most: number, holds: (number: number) => Promise<boolean>): Promise<number> {
  let high = 1;
  let low = 0;
  while (high < most && !(await holds(high))) {
    low = high;
    high = Math.min(most, high * 2);
  }
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (await holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** A range is looked at in this many parts, and each part that holds something is cut into as many again. */
const PARTS = 8;

/**
 * How many hours of a range hold anything: one sample from long ago must not count for all the time since. A part that is
 * filled is cut further while some of its neighbours are empty.
 */
export async function filledHours(server: Server, { from, to }: Range, signal: AbortSignal): Promise<number> {
  let length = Math.max(HOUR_MS, toMs(to - from));
  let filled = [toMs(from)];
  for (let isBroken = true; isBroken && length > HOUR_MS; ) {
    const part = length / PARTS;
    const starts = filled.flatMap((start) =>
      Array.from({ length: PARTS }, (_, index) => start + index * part),
    );
    if (starts.length > PARTS_MAX) break;
    const looks = starts.map((start) => hasLabels(server, start, start + part, signal));
    const found = await Promise.all(looks);
    filled = starts.filter((_, index) => found[index]);
    isBroken = filled.length < starts.length;
    length = part;
  }
  return Math.max(1, (filled.length * length) / HOUR_MS);
}

/** Requests at once. */
const PARTS_MAX = 64;

async function hasLabels(server: Server, from: number, to: number, signal: AbortSignal): Promise<boolean> {
  const query = { start: seconds(Math.max(0, from)), end: seconds(to), limit: 1 };
  const { data } = await server.api(v.nullable(v.array(v.string())), {
    path: "/api/v1/labels",
    query,
    signal,
  });
  return data !== null && data.length > 0;
}

/** How far back a plain query looks for a sample. */
const LOOKBACK_S = 300;

/**
 * The second of the newest sample of the last five minutes, ms, when the server will look at all series for it. It is found by
 * ranges: `timestamp()` takes the names away, so an engine refuses it over several metrics that have the same labels.
 */
async function newestSample(server: Server, now: number, signal: AbortSignal): Promise<number | undefined> {
  const isWithin = async (length: number): Promise<boolean> => {
    const query = `count(last_over_time(${selectorOf(undefined)}[${length}s]))`;
    return ((await ifShown(queryVector(server, query, now, signal))) ?? []).length > 0;
  };
  try {
    if (!(await isWithin(LOOKBACK_S))) return undefined;
    return now - ((await smallest(LOOKBACK_S, isWithin)) - 1) * 1000;
  } catch (error) {
    if (saidTooMuch(error) || isUnknownFunction(error)) return undefined;
    throw error;
  }
}
