/**
 * Selectors that together match every stream exactly once. A selector needs one matcher that does not match the empty value, so
 * "all streams" becomes: those with label a; those without a, but with b; those without a and b, but with c …
 */
import type { Range } from "contextcore";
import type { Api } from "./api.ts";
import { type Labels, type Matcher, printSelector } from "./selector.ts";
import { isBookkeeping, isInternal } from "./streams.ts";

/** Present on every stream of Loki 3 with default settings. */
const USUAL = "service_name";

/** The selectors for a range; just `match` if given. Empty: there are no streams. */
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
