/**
 * What is more than Loki gives at once, in parts: all streams by several selectors, a long range by months, a page by its limit.
 */
import { halves, NS_PER_SECOND, type Range } from "contextcore";
import type { Api, PageRequest } from "./api.ts";
import type { Page } from "./page.ts";
import { entriesLimit, spansTooMuch } from "./refusal.ts";
import { isBookkeeping, isInternal, type Labels, type Matcher, printSelector } from "./selector.ts";

/** Present on every stream of Loki 3 with default settings. */
const USUAL = "service_name";

/**
 * Selectors that together match every stream of a range exactly once; just `match` if given. Empty: there are no streams. A
 * selector needs one matcher that does not match the empty value, so "all streams" becomes: those with label a; those without a,
 * but with b; those without a and b, but with c …
 */
export async function rootSelectors(
  api: Api,
  { range, match }: { readonly range: Range; readonly match?: string | undefined },
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (match !== undefined) return [match];
  const names = (await api.labelNames(range, signal)).filter(
    (name) => !isBookkeeping(name) && !isInternal(name),
  );
  const first = names.includes(USUAL) ? USUAL : names[0];
  if (first === undefined) return [];
  const others = names.filter((name) => name !== first);
  const lacking = await streamsWithout(api, first, others, range, signal);
  return chain([first, ...cover(lacking, others)]).map(printSelector);
}

/** The label sets of the streams that the first name misses: usually none. */
async function streamsWithout(
  api: Api,
  first: string,
  others: readonly string[],
  range: Range,
  signal: AbortSignal,
): Promise<readonly Labels[]> {
  if (others.length === 0) return [];
  return api.series(
    others.map((name) => printSelector([absent(first), present(name)])),
    range,
    signal,
  );
}

/** Names such that each of these streams has at least one; the most common first. */
function cover(streams: readonly Labels[], names: readonly string[]): string[] {
  const chosen: string[] = [];
  for (let left = streams; left.length > 0; ) {
    const carriers = (name: string): number => left.filter((labels) => Object.hasOwn(labels, name)).length;
    const [best] = names
      .map((name) => ({ name, streams: carriers(name) }))
      .sort((a, b) => b.streams - a.streams);
    if (best === undefined || best.streams === 0) break;
    chosen.push(best.name);
    left = left.filter((labels) => !Object.hasOwn(labels, best.name));
  }
  return chosen;
}

const chain = (names: readonly string[]): Matcher[][] =>
  names.map((name, index) => [present(name), ...names.slice(0, index).map(absent)]);

const present = (name: string): Matcher => ({ name, operator: "=~", value: ".+" });

function absent(name: string): Matcher {
  return { name, operator: "=", value: "" };
}

/** Loki refuses queries over more than `max_query_length`, 30 days and an hour by default. ns */
export const MONTH = 30n * 86_400n * NS_PER_SECOND;

/**
 * The results of `ask` for each part of a range, oldest first. A part is at most a month, and shorter if the server says that
 * it is too long. Nothing is requested before its result is needed.
 */
export async function* byParts<Answer>(
  range: Range,
  ask: (part: Range) => Promise<Answer>,
): AsyncGenerator<Answer> {
  for (let { from } = range; from < range.to; from += MONTH) {
    const end = from + MONTH;
    yield* byHalves({ from, to: end < range.to ? end : range.to }, ask);
  }
}

async function* byHalves<Answer>(
  range: Range,
  ask: (part: Range) => Promise<Answer>,
): AsyncGenerator<Answer> {
  let parts: readonly Range[] | undefined;
  try {
    yield await ask(range);
  } catch (error) {
    parts = spansTooMuch(error) ? halves(range, NS_PER_SECOND) : undefined;
    if (parts === undefined) throw error;
  }
  for (const part of parts ?? []) yield* byHalves(part, ask);
}

/** A page, and whether more may follow. */
interface AllowedPage {
  readonly page: Page;
  readonly isFull: boolean;
}

/** Asks for one page, of at most as many entries as the server allows at once. */
export async function allowedPage(api: Api, request: PageRequest, signal: AbortSignal): Promise<AllowedPage> {
  try {
    const page = await api.page(request, signal);
    return { page, isFull: page.entries.length >= request.limit };
  } catch (error) {
    const most = entriesLimit(error) ?? 0;
    if (most < 1 || most >= request.limit) throw error;
    return allowedPage(api, { ...request, limit: most }, signal);
  }
}
