/** From when to when there is data. Tempo has no answer to that, so searches for one trace close in on both ends. */
import { type Inventory, NS_PER_SECOND, type Range } from "contextcore";
import type { Finder } from "./find.ts";
import type { SearchAnswer } from "./search.ts";
import type { Settings } from "./settings.ts";

export type Extent = Pick<Inventory, "oldest" | "newest">;

const MINUTE = 60n * NS_PER_SECOND;
const DAY = 1_440n * MINUTE;
/** How far back to look at first where the server keeps data for ever, or does not say how long. */
const LOOK_BACK = 90n * DAY;
/** So long without a trace ends the look further back. */
const EMPTY_MAX = 400n * DAY;
/** Enough to see the earliest of a minute. */
const LIMIT = 10_000;

/** The earliest and latest that a search finds, ns; without either where nothing is found. */
export async function findExtent(
  { find }: Finder,
  { settings, now }: { readonly settings: Settings; readonly now: bigint },
  signal: AbortSignal,
): Promise<Extent> {
  const search = (range: Range, limit: number): Promise<SearchAnswer> =>
    find({ range, query: "{}", limit }, signal);
  const holds = async (range: Range): Promise<boolean> => (await search(range, 1)).hits.length > 0;
  const all = searchable(settings, now);
  const [start] = all;
  const older = isEndless(settings) && start !== undefined ? await filledBefore(start, holds) : [];
  const first = older.at(-1) ?? (await firstThat(all, holds));
  const last = (await firstThat(all.toReversed(), holds)) ?? older[0];
  if (first === undefined || last === undefined) return {};
  const oldest = await search(await closeIn(first, holds, (one, other) => [one, other]), LIMIT);
  const newest = await search(await closeIn(last, holds, (one, other) => [other, one]), LIMIT);
  return { ...earliest(oldest), ...latest(newest) };
}

/** All that the server may still keep, in ranges that it searches at once, oldest first. */
export function searchable(settings: Settings, now: bigint): Range[] {
  const { retention, maxSearchDuration } = settings;
  const length = maxSearchDuration > DAY || maxSearchDuration === 0n ? 7n * DAY - MINUTE : maxSearchDuration;
  const span = maxSearchDuration > 0n && length > maxSearchDuration ? maxSearchDuration - MINUTE : length;
  // Blocks are removed some time after their retention has passed.
  const oldest = now - (isEndless(settings) ? LOOK_BACK : (retention ?? 0n) + DAY);
  const ranges: Range[] = [];
  for (let to = now; to > oldest; to -= span) ranges.unshift({ from: to - span, to });
  return ranges;
}

const isEndless = ({ retention }: Settings): boolean => retention === undefined || retention === 0n;

/** The ranges before one that hold something, newest first, until there is nothing for long. */
async function filledBefore(
  { from, to: end }: Range,
  holds: (range: Range) => Promise<boolean>,
): Promise<Range[]> {
  const length = end - from;
  const filled: Range[] = [];
  let empty = 0n;
  for (let to = from; to > length && empty < EMPTY_MAX; to -= length) {
    const range = { from: to - length, to };
    const isFilled = await holds(range);
    if (isFilled) filled.push(range);
    empty = isFilled ? 0n : empty + length;
  }
  return filled;
}

async function firstThat(
  ranges: readonly Range[],
  holds: (range: Range) => Promise<boolean>,
): Promise<Range | undefined> {
  for (const range of ranges) if (await holds(range)) return range;
  return undefined;
}

/** The minute at the end of a range that `order` prefers, in which there is something. */
async function closeIn(
  range: Range,
  holds: (range: Range) => Promise<boolean>,
  order: (one: Range, other: Range) => [Range, Range],
): Promise<Range> {
  if (range.to - range.from <= MINUTE) return range;
  const middle = (range.from + range.to) / 2n;
  const [preferred, other] = order({ from: range.from, to: middle }, { from: middle, to: range.to });
  return closeIn((await holds(preferred)) ? preferred : other, holds, order);
}

function earliest({ hits }: SearchAnswer): Extent {
  const moments = hits.map(({ from }) => from);
  return moments.length === 0 ? {} : { oldest: moments.reduce((a, b) => (a < b ? a : b)) };
}

function latest({ hits }: SearchAnswer): Extent {
  const moments = hits.map(({ to }) => to);
  return moments.length === 0 ? {} : { newest: moments.reduce((a, b) => (a > b ? a : b)) };
}
