import { askedOnce, type CountRequest, type Counts, type Range, toMs } from "contextcore";
import { saidTooMuch, shorter } from "./server/api.ts";
import { matchersOf, metricNames, queryVector, unlistedNames } from "./server/queries.ts";
import type { Server } from "./server/server.ts";
import { namesMatcher, toSelector } from "./wire/matchers.ts";

/** How many metrics one query counts. */
const METRICS_PER_QUERY = 50;
/** Any time that is a multiple of the distance between two points. ms */
const ALIGNED_MS = 1_700_000_000_000;

type Counter = (request: CountRequest, signal: AbortSignal) => Promise<Counts>;

/**
 * The server's own count of samples, floats and histograms, by `count_over_time`. It leaves out stale markers, which an export
 * counts apart (`stale`) and does not compare.
 */
export function createCounter(server: Server): Counter {
  const closedRanges = askedOnce((signal) => countsBothBorders(server, signal));
  return async ({ range, match }, signal) => {
    const query = { fromMs: toMs(range.from), toMs: toMs(range.to), match };
    const listed = await metricNames(server, query, signal);
    // The export reads by the same list, so a count by it alone would agree with a list that was cut.
    const names = [...listed, ...(await unlistedNames(server, { range, match, names: listed }, signal))];
    if (names.length === 0) return { samples: 0 };
    const what = { names, match, closed: await closedRanges(signal) };
    return { samples: await countAll(server, what, range, signal) };
  };
}

async function countAll(
  server: Server,
  what: CountedNames,
  range: Range,
  signal: AbortSignal,
): Promise<number> {
  let samples = 0;
  for (let start = 0; start < what.names.length; start += METRICS_PER_QUERY) {
    const names = what.names.slice(start, start + METRICS_PER_QUERY);
    samples += await countNames(server, { ...what, names }, range, signal);
  }
  return samples;
}

interface CountedNames {
  readonly names: readonly string[];
  readonly match: string | undefined;
  readonly closed: boolean;
}

/** Too much for one query is counted by halves: of the metrics, then of the time. */
async function countNames(
  server: Server,
  what: CountedNames,
  range: Range,
  signal: AbortSignal,
): Promise<number> {
  try {
    const [sum] = await queryVector(server, expression(what, range), toMs(range.to) - 1, signal);
    return sum?.value ?? 0;
  } catch (error) {
    const parts = saidTooMuch(error) ? smaller(what, range) : undefined;
    if (parts === undefined) throw error;
    let total = 0;
    for (const [names, part] of parts) total += await countNames(server, names, part, signal);
    return total;
  }
}

/** One number: the names are counted one by one, since without its name a series may equal another's. */
function expression({ names, match, closed }: CountedNames, range: Range): string {
  // (t-w, t] in Prometheus 3, [t-w, t] before; t is the last ms of the window.
  const ms = toMs(range.to) - toMs(range.from) - (closed ? 1 : 0);
  const terms = names.map((name) => {
    const selector = toSelector([...withoutName(match), namesMatcher([name])]);
    return `(sum(count_over_time(${selector}[${Math.max(1, ms)}ms])) or vector(0))`;
  });
  return terms.join("+");
}

const withoutName = (match: string | undefined) => (match === undefined ? [] : matchersOf(match));

function smaller(what: CountedNames, range: Range): [CountedNames, Range][] | undefined {
  const { names } = what;
  if (names.length > 1) {
    const middle = names.length >> 1;
    return [
      [{ ...what, names: names.slice(0, middle) }, range],
      [{ ...what, names: names.slice(middle) }, range],
    ];
  }
  return shorter(range)?.map((half) => [what, half] as [CountedNames, Range]);
}

/**
 * Asks the query engine itself whether a range takes in its left border: of two points 10 s apart, a range of 10 s holds
 * one in Prometheus 3, two before.
 */
async function countsBothBorders(server: Server, signal: AbortSignal): Promise<boolean> {
  const [points] = await queryVector(server, "count_over_time(vector(1)[10s:10s])", ALIGNED_MS, signal);
  return points?.value === 2;
}
