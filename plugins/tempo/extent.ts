/** The times of the oldest and the newest data. Tempo has no call for them, so searches for one trace close in on both ends. */
import { type Inventory, isFault, NS_PER_SECOND, type Range } from "contextcore";
import type { Finder } from "./server/find.ts";
import type { SearchAnswer } from "./server/search.ts";
import type { Settings } from "./server/settings.ts";

type Extent = Pick<Inventory, "oldest" | "newest">;

const MINUTE = 60n * NS_PER_SECOND;
const DAY = 1_440n * MINUTE;
/** How far back to look first where the server keeps data for ever, or does not say how long. */
const LOOK_BACK = 90n * DAY;
/** A time this long without a trace ends the search further back. */
const EMPTY_MAX = 400n * DAY;
/** Enough to see the earliest trace of a minute. */
const LIMIT = 10_000;

interface Extents extends Extent {
  /** What Tempo said of searches that it failed at: their ranges are taken to hold something. */
  readonly unread: readonly string[];
}

/** The earliest and the latest moment that a search finds, ns; neither where nothing is found. */
export async function findExtent(
  { find }: Finder,
  { settings, now }: { readonly settings: Settings; readonly now: bigint },
  signal: AbortSignal,
): Promise<Extents> {
  const unread = new Set<string>();
  const search = (range: Range, limit: number): Promise<SearchAnswer | undefined> =>
    find({ range, query: "{}", limit }, signal).catch((error: unknown) => {
      if (!isFault(error)) throw error;
      unread.add(error.message);
      return undefined;
    });
  const isFilled = async (range: Range): Promise<boolean | undefined> => {
    const answer = await search(range, 1);
    return answer && answer.hits.length > 0;
  };
  const holds = async (range: Range): Promise<boolean> => (await isFilled(range)) ?? true;
  const all = searchable(settings, now);
  const [start] = all;
  const older =
    isEndless(settings) && start !== undefined
      ? await filledBefore(start, async (range) => (await isFilled(range)) ?? false)
      : [];
  const first = older.at(-1) ?? (await firstThat(all, holds));
  const last = (await firstThat(all.toReversed(), holds)) ?? older[0];
  if (first === undefined || last === undefined) return { unread: [...unread] };
  const from = await closeIn(first, holds, (one, other) => [one, other]);
  const to = await closeIn(last, holds, (one, other) => [other, one]);
  const ends = { ...earliest(await search(from, LIMIT), from), ...latest(await search(to, LIMIT), to) };
  return { ...ends, unread: [...unread] };
}

/** All that the server may still keep, in ranges that it searches at once, oldest first. */
export function searchable(settings: Settings, now: bigint): Range[] {
  const { retention } = settings;
  const span = searchSpan(settings);
  // Blocks are removed some time after their retention has passed.
  const oldest = now - (isEndless(settings) ? LOOK_BACK : (retention ?? 0n) + DAY);
  const ranges: Range[] = [];
  for (let to = now; to > oldest; to -= span) ranges.unshift({ from: to - span, to });
  return ranges;
}

/** How long one search may be, ns. */
export function searchSpan({ maxSearchDuration }: Settings): bigint {
  const length = maxSearchDuration > DAY || maxSearchDuration === 0n ? 7n * DAY - MINUTE : maxSearchDuration;
  return maxSearchDuration > 0n && length > maxSearchDuration ? maxSearchDuration - MINUTE : length;
}

const isEndless = ({ retention }: Settings): boolean => retention === undefined || retention === 0n;

/** The ranges before this one that hold something, newest first, until a long time holds nothing. */
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

/** The minute nearest to one end of a range that holds something. @param order puts the half nearer to that end first */
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

function earliest(answer: SearchAnswer | undefined, within: Range): Extent {
  if (answer === undefined) return { oldest: within.from };
  const { hits } = answer;
  const moments = hits.map(({ from }) => from);
  return moments.length === 0 ? {} : { oldest: moments.reduce((a, b) => (a < b ? a : b)) };
}

function latest(answer: SearchAnswer | undefined, within: Range): Extent {
  if (answer === undefined) return { newest: within.to - 1n };
  const { hits } = answer;
  const moments = hits.map(({ to }) => to);
  return moments.length === 0 ? {} : { newest: moments.reduce((a, b) => (a > b ? a : b)) };
}
