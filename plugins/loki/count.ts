/** The server's own count: exact, including its ingesters. Not from the index, which only estimates. */
import {
  type CountRequest,
  type CountSplit,
  type Counts,
  halves,
  NS_PER_MS,
  type Range,
  v,
} from "contextcore";
import { divide, type Lines } from "./export/divide.ts";
import type { Api } from "./server/api.ts";
import type { Border } from "./server/border.ts";
import { allowedPage, MONTH, rootSelectors } from "./server/in-parts.ts";
import { wantsLess } from "./server/refusal.ts";
import { parseSelector, printSelector } from "./server/selector.ts";

/** Waits for the part at Loki's border. `undefined` when less than a millisecond holds more than one answer can. */
export async function countEntries(
  api: Api,
  border: Border,
  request: CountRequest,
  signal: AbortSignal,
): Promise<Counts | undefined> {
  const { range } = request;
  const selector = selectorOf(request);
  const guarded = border.guard(api);
  const count = (part: Range) => countRange(guarded, { range: part, match: selector }, signal);
  let entries = 0;
  for await (const part of border.across(range, count, signal)) {
    if (part === undefined) return undefined;
    entries += part;
  }
  return { entries };
}

const partSchema = v.object({ selector: v.string() });

/** Of a part of a count, or of the request; `undefined`: all streams. */
function selectorOf({ match, part }: CountRequest): string | undefined {
  if (part !== undefined) return v.parse(partSchema, part).selector;
  return match === undefined ? undefined : printSelector(parseSelector(match));
}

/** Divides a count that Loki cannot give as the export divides its steps, down to one stream's lines of one nanosecond. */
export async function splitCount(api: Api, request: CountRequest, signal: AbortSignal): Promise<CountSplit> {
  const { range } = request;
  const inPart = ({ from, to, selector }: Lines): CountRequest => ({
    ...request,
    range: { from, to },
    part: { selector },
  });
  const roots = await rootSelectors(api, { range, match: selectorOf(request) }, signal);
  const [selector, other] = roots;
  if (selector === undefined || other !== undefined)
    return { requests: roots.map((root) => inPart({ ...range, selector: root })), items: ["lines"] };
  const { parts, item } = await divide(api, { ...range, selector }, signal);
  return { requests: parts.map(inPart), items: [item] };
}

interface Part {
  readonly range: Range;
  readonly match: string | undefined;
}

async function countRange(api: Api, part: Part, signal: AbortSignal): Promise<number | undefined> {
  if (part.range.to - part.range.from > MONTH) return countHalves(api, part, signal);
  try {
    let entries = 0;
    for (const selector of await rootSelectors(api, part, signal)) {
      const one = await countSelector(api, selector, part.range, signal);
      if (one === undefined) return undefined;
      entries += one;
    }
    return entries;
  } catch (error) {
    if (!wantsLess(error)) throw error;
    return countHalves(api, part, signal, error);
  }
}

/** @throws `error` when the range is too short to be divided */
async function countHalves(
  api: Api,
  { range, match }: Part,
  signal: AbortSignal,
  error?: unknown,
): Promise<number | undefined> {
  const parts = halves(range, NS_PER_MS);
  if (parts === undefined) throw error;
  let entries = 0;
  for (const half of parts) {
    const one = await countRange(api, { range: half, match }, signal);
    if (one === undefined) return undefined;
    entries += one;
  }
  return entries;
}

/**
 * `count_over_time(…[w])` at time t counts `(t - w, t]`; w is at least a millisecond, t may be any nanosecond
 * (pkg/logql/syntax/lex.go; measured). So [from, to) is w = whole milliseconds at t = to - 1 ns, and any rest below one is
 * read.
 */
async function countSelector(
  api: Api,
  selector: string,
  { from, to }: Range,
  signal: AbortSignal,
): Promise<number | undefined> {
  const ms = (to - from) / NS_PER_MS;
  const middle = to - ms * NS_PER_MS;
  const counted =
    ms === 0n
      ? 0
      : await api.sum({ operation: "count_over_time", selector, range: { from: middle, to }, ms }, signal);
  if (middle === from) return counted;
  const request = { query: selector, range: { from, to: middle }, limit: REST_LIMIT };
  const { page, isFull } = await allowedPage(api, request, signal);
  return isFull ? undefined : counted + page.entries.length;
}

/** If less than a millisecond holds a tenth of a second's worth of lines, it is not counted. */
const REST_LIMIT = 1_000;
