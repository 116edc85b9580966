import type { Step } from "contextcore";
import { toMs } from "contextcore";
import { compareBytes } from "../line/labels.ts";
import { saidTooMuch } from "../server/api.ts";
import { matchersOf, metricNames, queryVector, type Server } from "../server/server.ts";
import { toSelector } from "../wire/matchers.ts";
import { toCursor, type Window, type WorkOf, windowOf } from "./cursors.ts";
import type { Method } from "./remote-read.ts";

/** How many series one read asks for: what a server holds in memory for it, and, unless it streams, we too. */
const SERIES_PER_READ: Readonly<Record<Method, number>> = { streamed: 5000, sampled: 2000, range: 300 };

/** The names in one cursor, in characters: a cursor is no place for data, and a request may be 1 MiB in Mimir. */
const NAMES_LENGTH_MAX = 40_000;

/** What is assumed of a metric that had no series when they were counted. */
const SERIES_UNKNOWN = 1;

/** How many series the window has at its end, roughly; `undefined` when the server will not count them. */
export async function countSeries(
  server: Server,
  window: Window,
  signal: AbortSignal,
): Promise<number | undefined> {
  const counted = await hint(server, `count(${selector(window)})`, window, signal);
  return counted === undefined ? undefined : (counted[0]?.value ?? 0);
}

export const isSmall = (series: number | undefined, method: Method): boolean =>
  series !== undefined && series <= SERIES_PER_READ[method];

/**
 * Splits a window's metrics into reads of a bounded number of series. The last read takes whatever the list of names
 * left out: servers may cut that list, and Cortex may know only the names that are in its ingesters.
 */
export async function groups(server: Server, work: WorkOf<"groups">, signal: AbortSignal): Promise<Step> {
  const window = windowOf(work);
  const query = { fromMs: toMs(work.from), toMs: toMs(work.to), match: work.match };
  const listed = await metricNames(server, query, signal);
  const counts = new Map<string, number>();
  for (const { metric, value } of (await hint(
    server,
    `count by (__name__) (${selector(work)})`,
    work,
    signal,
  )) ?? []) {
    counts.set(metric.__name__ ?? "", value);
  }
  const names = [...new Set([...listed, ...counts.keys()])].sort(compareBytes);
  const read = { step: "read", ...window, hourFrom: work.from, hourTo: work.to } as const;
  const rest = lengthOf(names) <= NAMES_LENGTH_MAX ? [toCursor({ ...read, except: names })] : [];
  return {
    next: [
      ...pack(names, counts, window.method).map((group) => toCursor({ ...read, names: group })),
      ...rest,
    ],
  };
}

const selector = (window: Window): string => toSelector(matchersOf(window.match));

/** A hint is worth one try: without it the reads are only less even. */
async function hint(server: Server, query: string, window: Window, signal: AbortSignal) {
  try {
    return await queryVector(server, query, toMs(window.to) - 1, signal);
  } catch (error) {
    if (saidTooMuch(error)) return undefined;
    throw error;
  }
}

function pack(names: readonly string[], counts: ReadonlyMap<string, number>, method: Method): string[][] {
  const packed: string[][] = [];
  let [series, length] = [Number.POSITIVE_INFINITY, 0];
  for (const name of names) {
    const more = counts.get(name) ?? SERIES_UNKNOWN;
    if (series + more > SERIES_PER_READ[method] || length > NAMES_LENGTH_MAX) {
      packed.push([]);
      [series, length] = [0, 0];
    }
    packed.at(-1)?.push(name);
    series += more;
    length += lengthOf([name]);
  }
  return packed;
}

const lengthOf = (names: readonly string[]): number =>
  names.reduce((sum, name) => sum + JSON.stringify(name).length + 1, 0);
