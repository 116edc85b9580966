/** The oldest and the newest entry, found by looking back month by month. */
import { halves, isFault, NS_PER_SECOND, type Range, span, windows } from "contextcore";
import type { Api } from "./server/api.ts";
import type { Border } from "./server/border.ts";
import { byParts, MONTH, rootSelectors } from "./server/in-parts.ts";

/** The search month by month ends after this many empty months in a row: old lines that were restored may lie behind a gap. */
const EMPTY_MAX = 13;
/** Beyond that, this many months are asked at once whether they have any stream. */
const MONTHS_AT_ONCE = 8;

/** Entries may lie in the future: Loki accepts up to ten minutes ahead, and clocks differ. ns */
const AHEAD = 3_600n * NS_PER_SECOND;

/** What bounds the search. */
interface Horizon {
  /** ns */
  readonly now: bigint;
  readonly retention?: bigint | "unlimited" | undefined;
  /** The start of the first schema, before which Loki stores nothing; `undefined` if it is not shown. ns */
  readonly since?: bigint | undefined;
}

/** From the oldest entry to after the newest. */
export interface Ends extends Range {
  /** What the server said when it could not read one of them, which is then known to the minute only. */
  readonly unread: readonly string[];
}

/** Who is asked, and what could not be read. */
interface Asking {
  readonly api: Api;
  readonly unread: Set<string>;
  readonly signal: AbortSignal;
}

/** `undefined` when there are no entries. */
export async function findEnds(
  api: Api,
  border: Border,
  horizon: Horizon,
  signal: AbortSignal,
): Promise<Ends | undefined> {
  const asking = { api, unread: new Set<string>(), signal };
  const found = await searchEnds(asking, border, horizon);
  return found && { ...found, unread: [...asking.unread] };
}

async function searchEnds(
  asking: Asking,
  border: Border,
  { now, retention, since }: Horizon,
): Promise<Range | undefined> {
  const end = now + AHEAD;
  // The compactor runs late, so expired data stays visible for some time.
  const kept = typeof retention === "bigint" ? retention + 2n * MONTH : undefined;
  const empty = kept === undefined ? EMPTY_MAX : Number(kept / MONTH) + 1;
  let found: Range | undefined;
  let emptyInARow = 0;
  let to = end;
  for (; to > 0n && emptyInARow <= empty; to -= MONTH) {
    const range = { from: to > MONTH ? to - MONTH : 0n, to };
    const hasNewest = found !== undefined;
    emptyInARow += 1;
    const look = (part: Range) => endsWithin(asking, part, hasNewest);
    const looksAt = (part: Range) => Array.fromAsync(border.looks(part, look, asking.signal));
    for await (const looks of byParts(range, looksAt)) {
      for (const here of looks) {
        if (here === undefined) continue;
        found = found === undefined ? here : span(found, here);
        emptyInARow = 0;
      }
    }
  }
  if (kept !== undefined || since === undefined || since >= to) return found;
  const oldest = await oldestWithin(asking, { from: since, to });
  return oldest === undefined ? found : span(oldest, found ?? oldest);
}

/** The ends of the oldest month that has lines, in a range of which most months have none. */
async function oldestWithin(asking: Asking, { from, to }: Range): Promise<Range | undefined> {
  const months = windows({ from, to }, MONTH);
  for (let first = 0; first < months.length; first += MONTHS_AT_ONCE) {
    const some = months.slice(first, first + MONTHS_AT_ONCE);
    const filled = await Promise.all(some.map((month) => hasStreams(asking, month)));
    for (const month of some.filter((_, index) => filled[index])) {
      const looks = await Array.fromAsync(byParts(month, (part) => endsWithin(asking, part, false)));
      const ends = looks.find((one) => one !== undefined);
      if (ends !== undefined) return ends;
    }
  }
  return undefined;
}

async function hasStreams({ api, signal }: Asking, range: Range): Promise<boolean> {
  for await (const streams of byParts(range, (part) => api.series([], part, signal)))
    if (streams.length > 0) return true;
  return false;
}

async function endsWithin(asking: Asking, range: Range, hasNewest: boolean): Promise<Range | undefined> {
  const roots = await rootSelectors(asking.api, { range }, asking.signal);
  if (roots.length === 0) return undefined;
  const [oldest, newest] = await Promise.all([
    edgeIn(asking, roots, range, "forward"),
    hasNewest ? undefined : edgeIn(asking, roots, range, "backward"),
  ]);
  return oldest === undefined ? undefined : { from: oldest, to: (newest ?? oldest) + 1n };
}

type Direction = "forward" | "backward";

/** In a range this short, the entry itself is searched without narrowing the range further. ns */
const NEAR = 3_600n * NS_PER_SECOND;

/**
 * Finds the first or last entry. A server takes seconds to search an empty range hour by hour, but its index tells at once
 * where labels are, so the range is narrowed by the index first.
 */
async function edgeIn(
  asking: Asking,
  roots: readonly string[],
  range: Range,
  direction: Direction,
): Promise<bigint | undefined> {
  const near = await narrowed(asking, range, direction);
  const found = await edgeNear(asking, roots, near, direction);
  // An index may know labels to the day only.
  return found === undefined && near !== range ? edgeNear(asking, roots, range, direction) : found;
}

/**
 * The first or last part of the range that has labels. `/index/stats` would not do: it spreads a chunk evenly over its time,
 * also where it has no line.
 */
async function narrowed(asking: Asking, range: Range, direction: Direction): Promise<Range> {
  const parts = range.to - range.from > NEAR ? halves(range) : undefined;
  if (parts === undefined) return range;
  const [first, second] = direction === "forward" ? parts : [parts[1], parts[0]];
  const names = await asking.api.labelNames(first, asking.signal);
  return narrowed(asking, names.length > 0 ? first : second, direction);
}

/** How closely the time of an entry that cannot be read is narrowed down. ns */
const CLOSE = 60n * NS_PER_SECOND;

/** Where the server fails at the entry itself, halves close in on it: the index, which is whole, says where there are streams. */
async function edgeNear(
  asking: Asking,
  roots: readonly string[],
  range: Range,
  direction: Direction,
): Promise<bigint | undefined> {
  try {
    return await edge(asking, roots, range, direction);
  } catch (error) {
    if (!isFault(error)) throw error;
    if (!(await hasStreams(asking, range))) return undefined;
    const parts = range.to - range.from > CLOSE ? halves(range) : undefined;
    if (parts === undefined) {
      asking.unread.add(error.message);
      return direction === "forward" ? range.from : range.to - 1n;
    }
    const [earlier, later] = parts;
    const [first, second] = direction === "forward" ? [earlier, later] : [later, earlier];
    const found = await edgeNear(asking, roots, first, direction);
    return found ?? edgeNear(asking, roots, second, direction);
  }
}

async function edge(
  { api, signal }: Asking,
  roots: readonly string[],
  range: Range,
  direction: Direction,
): Promise<bigint | undefined> {
  let found: bigint | undefined;
  for (const query of roots) {
    const { entries } = await api.page({ query, range, limit: 1, direction }, signal);
    const time = entries.length === 0 ? undefined : entries.time(0);
    if (time !== undefined && (found === undefined || time < found === (direction === "forward")))
      found = time;
  }
  return found;
}
