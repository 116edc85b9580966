import type { HistogramSample } from "../chunk/series.ts";
import { settle } from "../chunk/settle.ts";
import { type Labels, metricName, readLabels } from "../line/labels.ts";
import { type ReadSeries, remoteRead } from "../server/remote-read.ts";
import type { Server } from "../server/server.ts";
import { ownLabels } from "../server/settings.ts";
import { namesMatcher } from "../wire/matchers.ts";
import { type Points, pointsOf, type SeriesPoints } from "./points.ts";

/** A sample's place in a series. */
interface Place {
  readonly points: Points;
  readonly at: number;
}

/** The points that the server holds. */
export interface Existing {
  /** Those of one series, by time; `undefined`: none. */
  of(labels: Labels): ReadonlyMap<number, Place> | undefined;
}

/** How many names one read asks for. */
const NAMES_PER_READ = 500;

/** Reads back what the server holds of these series, at the times of their points. */
export async function readExisting(
  server: Server,
  wanted: readonly SeriesPoints[],
  signal: AbortSignal,
): Promise<Existing> {
  const own = await ownLabels(server, signal);
  const keyOf = (labels: Labels): string => JSON.stringify(own(labels));
  // Mostly nothing is there, and no key is needed.
  let keys: Set<string> | undefined;
  const isWanted = (key: string): boolean => {
    keys ??= new Set(wanted.map(({ labels }) => keyOf(labels)));
    return keys.has(key);
  };
  const found = new Map<string, Map<number, Place>>();
  const { fromMs, lastMs } = extentOf(wanted);
  const names = [...new Set(wanted.map(({ labels }) => metricName(labels)))];
  for (let start = 0; start < names.length; start += NAMES_PER_READ) {
    const matchers = [namesMatcher(names.slice(start, start + NAMES_PER_READ))];
    const answer = await remoteRead(server, { fromMs, lastMs, matchers }, signal);
    for await (const read of answer.read()) {
      const key = keyOf(readLabels(read.labelBytes).labels);
      if (isWanted(key)) found.set(key, keep(found.get(key) ?? new Map(), read, fromMs, lastMs + 1));
    }
  }
  return { of: (labels) => (found.size === 0 ? undefined : found.get(keyOf(labels))) };
}

function extentOf(wanted: readonly SeriesPoints[]): { readonly fromMs: number; readonly lastMs: number } {
  let [fromMs, lastMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { points } of wanted) {
    fromMs = Math.min(fromMs, points.times[0] ?? fromMs);
    lastMs = Math.max(lastMs, points.times.at(-1) ?? lastMs);
  }
  return { fromMs, lastMs };
}

/** The reader overwrites its series, so the points are copied. */
function keep(
  places: Map<number, Place>,
  { series }: ReadSeries,
  from: number,
  to: number,
): Map<number, Place> {
  settle(series, from, to);
  const { times, high, low, histograms } = pointsOf(series);
  const points = { times: times.slice(), high: high.slice(), low: low.slice(), histograms };
  for (const [at, time] of times.entries()) places.set(time, { points, at });
  return places;
}

/** The same value, bit by bit. What a server infers of a histogram's neighbours does not count. */
export function isSame(a: Place, b: Place): boolean {
  const [first, second] = [a, b].map(({ points, at }) => points.histograms[at]);
  if (first !== undefined && second !== undefined)
    return Bun.deepEquals(comparable(first), comparable(second));
  return (
    first === second &&
    a.points.high[a.at] === b.points.high[b.at] &&
    a.points.low[a.at] === b.points.low[b.at]
  );
}

const comparable = ({ hint: _, start: __, ...rest }: HistogramSample) => rest;
