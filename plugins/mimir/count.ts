import {
  askedOnce,
  type Backend,
  type CountRequest,
  type CountSplit,
  encodeCursor,
  given,
  halves,
  NS_PER_SECOND,
  type Range,
  toMs,
  v,
} from "contextcore";
import { nameOf, partsByLabel, seriesOf } from "./series-parts.ts";
import { saidTooMuch, shorter } from "./server/api.ts";
import { matchersOf, metricNames, queryVector, unlistedNames } from "./server/queries.ts";
import type { Server } from "./server/server.ts";
import { type Matcher, namesMatcher, oneOf, toSelector } from "./wire/matchers.ts";

/** How many metrics one query counts. */
const METRICS_PER_QUERY = 50;
/** Any time that is a multiple of the distance between two points. ms */
const ALIGNED_MS = 1_700_000_000_000;

/** Counts, and divides a count that a server cannot give. */
type Counter = Required<Pick<Backend, "count" | "splitCount">>;

/**
 * The server's own count of samples, floats and histograms, by `count_over_time`. It leaves out stale markers, which an export
 * counts apart (`stale`) and does not compare.
 */
export function createCounter(server: Server): Counter {
  const closedRanges = askedOnce((signal) => countsBothBorders(server, signal));
  return {
    async count(request, signal) {
      const { names, within } = await partOf(server, request, signal);
      if (names.length === 0) return { samples: 0 };
      const matchers = [...withoutName(request.match), ...within.map(matcherOf)];
      const what = { names, matchers, closed: await closedRanges(signal) };
      return { samples: await countAll(server, what, request.range, signal) };
    },
    splitCount: (request, signal) => splitCount(server, request, signal),
  };
}

const partSchema = v.object({
  names: v.array(v.string()),
  within: v.array(
    v.object({ label: v.string(), values: v.array(v.string()), except: v.optional(v.literal(true)) }),
  ),
});
type Part = v.InferOutput<typeof partSchema>;

const matcherOf = ({ label, values, except }: Part["within"][number]): Matcher =>
  oneOf(label, values, except);

/** What of the metrics is counted: a part, or all. */
async function partOf(
  server: Server,
  { range, match, part }: CountRequest,
  signal: AbortSignal,
): Promise<Part> {
  if (part !== undefined) return v.parse(partSchema, part);
  const listed = await metricNames(server, { fromMs: toMs(range.from), toMs: toMs(range.to), match }, signal);
  // The export reads by the same list, so a count by it alone would agree with a list that was cut.
  return {
    names: [...listed, ...(await unlistedNames(server, { range, match, names: listed }, signal))],
    within: [],
  };
}

/** Like the steps of an export: by metric, then by a metric's series, then by their time, down to a second. */
async function splitCount(server: Server, request: CountRequest, signal: AbortSignal): Promise<CountSplit> {
  const { range, match } = request;
  const { names, within } = await partOf(server, request, signal);
  const inPart = (part: Part): CountRequest => ({ ...request, part: encodeCursor(part) });
  const middle = names.length >> 1;
  if (names.length !== 1)
    return {
      requests: [names.slice(0, middle), names.slice(middle)].map((some) => inPart({ names: some, within })),
      items: [`samples of ${names.length} metrics`],
    };
  const matchers = [...matchersOf(match), namesMatcher(names), ...within.map(matcherOf)];
  const series = await seriesOf(server, matchers, range, signal);
  const items = [`samples of ${nameOf(matchers, series)}`];
  const parts = partsByLabel(series);
  if (parts !== undefined)
    return { requests: parts.map((one) => inPart({ names, within: [...within, one] })), items };
  const whole = inPart({ names, within });
  const requests = halves(range, NS_PER_SECOND)?.map((half) => ({ ...whole, range: half }));
  return { items, ...given({ requests }) };
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
  /** What else selects the series. */
  readonly matchers: readonly Matcher[];
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
function expression({ names, matchers, closed }: CountedNames, range: Range): string {
  // (t-w, t] in Prometheus 3, [t-w, t] before; t is the last ms of the window.
  const ms = toMs(range.to) - toMs(range.from) - (closed ? 1 : 0);
  const terms = names.map((name) => {
    const selector = toSelector([...matchers, namesMatcher([name])]);
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
