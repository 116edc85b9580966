import { given, type Problem, type Step, toMs, undefinedOn, v } from "contextcore";
import { compareBytes, metricName, readLabels } from "../line/labels.ts";
import { saidTooMuch } from "../server/api.ts";
import { matchersOf, metricNames, queryVector, seconds, unlistedNames } from "../server/queries.ts";
import type { Method } from "../server/remote-read.ts";
import type { Server } from "../server/server.ts";
import { lengthOf, NAMES_LENGTH_MAX, namesMatcher, toSelector } from "../wire/matchers.ts";
import { toCursor, type Window, type WorkOf, windowOf } from "./cursors.ts";

/** How many series one read asks for: the server holds them in memory, and so do we unless it streams them. */
const SERIES_PER_READ: Readonly<Record<Method, number>> = { streamed: 5000, sampled: 2000, range: 300 };

/** How many series a metric is taken to have that had none when they were counted. */
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

/** Whether one read can take this many series; not if their number is unknown. */
export const isSmall = (series: number | undefined, method: Method): boolean =>
  series !== undefined && series <= SERIES_PER_READ[method];

/**
 * Splits a window's metrics into reads of a bounded number of series. Whatever the list of names left out is read too, since
 * servers may cut that list, and Cortex may know only the names that are in its ingesters: by a last read of all others,
 * or, when the names are too many for a cursor, by their names as the query engine finds them.
 */
export async function groups(server: Server, work: WorkOf<"groups">, signal: AbortSignal): Promise<Step> {
  const { after, series = SERIES_PER_READ[work.method] } = work;
  const counts = await seriesByName(server, work, signal);
  const listed = await metricNames(
    server,
    { fromMs: toMs(work.from), toMs: toMs(work.to), match: work.match },
    signal,
  );
  const known = [...new Set([...listed, ...counts.keys()])];
  const isShort = lengthOf(known) <= NAMES_LENGTH_MAX;
  const rest: Rest = isShort ? { names: [] } : await unlisted(server, work, known, signal);
  const names = [...known, ...rest.names].sort(compareBytes);
  const read = { step: "read", ...windowOf(work), hourFrom: work.from, hourTo: work.to } as const;
  const current =
    after === undefined ? undefined : metricName(readLabels(Buffer.from(after, "base64")).labels);
  const whole = names.filter((name) => current === undefined || compareBytes(name, current) > 0);
  const reads: WorkOf<"read">[] = pack(whole, counts, series).map((group) => ({ ...read, names: group }));
  if (current !== undefined) reads.unshift({ ...read, names: [current], after });
  if (isShort) reads.push({ ...read, except: names, after });
  return { next: reads.map(toCursor), ...given({ problems: rest.problem && [rest.problem] }) };
}

interface Rest {
  readonly names: readonly string[];
  readonly problem?: Problem;
}

/** The metrics that no list named. If the server will not look for them, a problem says that some may be missing. */
async function unlisted(
  server: Server,
  window: Window,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Rest> {
  const { from, to, match } = window;
  try {
    return { names: await unlistedNames(server, { range: { from, to }, match, names }, signal) };
  } catch (error) {
    if (!saidTooMuch(error)) throw error;
    const reason = `The server lists ${names.length} metrics and would not look for others, which its list may lack: ${error.message}`;
    return { names: [], problem: { kind: "incomplete", reason, range: { from, to } } };
  }
}

async function seriesByName(
  server: Server,
  window: Window,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const counted = await hint(server, `count by (__name__) (${selector(window)})`, window, signal);
  return new Map(counted?.map(({ metric, value }) => [metric.__name__ ?? "", value]));
}

const selector = (window: Window): string => toSelector(matchersOf(window.match));

/** A count that is only a hint is asked for once: without it the reads differ more in size. */
async function hint(server: Server, query: string, window: Window, signal: AbortSignal) {
  try {
    return await queryVector(server, query, toMs(window.to) - 1, signal);
  } catch (error) {
    if (saidTooMuch(error)) return undefined;
    throw error;
  }
}

function pack(names: readonly string[], counts: ReadonlyMap<string, number>, most: number): string[][] {
  const packed: string[][] = [];
  let [series, length] = [Number.POSITIVE_INFINITY, 0];
  for (const name of names) {
    const more = counts.get(name) ?? SERIES_UNKNOWN;
    if (series + more > most || length > NAMES_LENGTH_MAX) {
      packed.push([]);
      [series, length] = [0, 0];
    }
    packed.at(-1)?.push(name);
    series += more;
    length += lengthOf([name]);
  }
  return packed;
}

/** A metric that takes more steps than this is split: each step in a row reads again what came before its place. */
const STEPS_IN_A_ROW = 4;

interface Stopped {
  readonly work: WorkOf<"read">;
  /** The label bytes of the series at which the step stopped. */
  readonly stopped: Uint8Array;
  /** How many series it could hold. */
  readonly read: number;
}

/**
 * What is left of one metric that has far more series than a step can hold, in parts by the values of one of its labels;
 * the last takes the series without any of them. `undefined`: go on where the step stopped.
 */
export async function partsOfMetric(
  server: Server,
  { work, stopped, read }: Stopped,
  signal: AbortSignal,
): Promise<readonly WorkOf<"read">[] | undefined> {
  const { names, part } = work;
  if (names?.length !== 1 || part !== undefined) return undefined;
  const selector = toSelector([...matchersOf(work.match), namesMatcher(names)]);
  const [counted] = (await hint(server, `count(${selector})`, work, signal)) ?? [];
  const steps = (counted?.value ?? 0) / read;
  if (steps <= STEPS_IN_A_ROW) return undefined;
  const label = await mostValued(server, work, selector, signal);
  if (label === undefined) return undefined;
  const rest = { ...work, after: Buffer.from(stopped).toString("base64") };
  const groups = chunksOf(label.values, Math.ceil(label.values.length / Math.ceil(steps * 1.2)));
  return [
    ...groups.map((values) => ({ ...rest, part: { label: label.name, values } })),
    { ...rest, part: { label: label.name, values: label.values, except: true } },
  ];
}

interface LabelValues {
  readonly name: string;
  readonly values: string[];
}

const texts = v.nullable(v.array(v.string()));

/**
 * The metric's label with the most values that a cursor has room for. Labels whose names a server does not take in a path (`a/b`,
 * `..`) are passed over.
 */
async function mostValued(
  server: Server,
  work: WorkOf<"read">,
  selector: string,
  signal: AbortSignal,
): Promise<LabelValues | undefined> {
  const query = { start: seconds(toMs(work.from)), end: seconds(toMs(work.to) - 1), "match[]": selector };
  const ask = async (path: string) => (await server.api(texts, { path, query, signal })).data ?? [];
  let most: LabelValues | undefined;
  for (const name of await ask("/api/v1/labels")) {
    if (name === "__name__") continue;
    const path = `/api/v1/label/${encodeURIComponent(name)}/values`;
    const values = (await undefinedOn(ask(path), "invalid", "not-found")) ?? [];
    if (values.length > (most?.values.length ?? 1) && lengthOf(values) <= NAMES_LENGTH_MAX)
      most = { name, values };
  }
  return most === undefined ? undefined : { ...most, values: most.values.toSorted(compareBytes) };
}

function chunksOf(values: readonly string[], length: number): string[][] {
  const chunks: string[][] = [];
  for (let start = 0; start < values.length; start += length)
    chunks.push(values.slice(start, start + length));
  return chunks;
}
