/** Finds the oldest and newest entries by looking back month by month. */
import { NS_PER_SECOND, type Range, span, windows } from "contextcore";
import type { Api } from "./api.ts";
import type { Border } from "./border.ts";
import { byParts, MONTH } from "./parts.ts";
import { rootSelectors } from "./roots.ts";

/** After this many empty months the close look ends: restored old lines may lie behind a gap. */
const EMPTY_MAX = 13;
/** Beyond that, this many months at once are checked for any stream at all. */
const MONTHS_AT_ONCE = 8;

/** Entries may lie in the future: Loki accepts up to ten minutes ahead, and clocks differ. ns */
const AHEAD = 3_600n * NS_PER_SECOND;

/** What bounds the search. */
export interface Horizon {
  /** ns */
  readonly now: bigint;
  readonly retention?: bigint | "unlimited" | undefined;
  /** The start of the first schema, before which Loki stores nothing; `undefined` if it is not shown. ns */
  readonly since?: bigint | undefined;
}

/** From the oldest entry to just after the newest; `undefined` when there are none. */
export async function findEnds(
  api: Api,
  border: Border,
  { now, retention, since }: Horizon,
  signal: AbortSignal,
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
    const look = (part: Range) => endsWithin(api, part, hasNewest, signal);
    for await (const looks of byParts(range, (part) => Array.fromAsync(border.looks(part, look, signal)))) {
      for (const here of looks) {
        if (here === undefined) continue;
        found = found === undefined ? here : span(found, here);
        emptyInARow = 0;
      }
    }
  }
  if (kept !== undefined || since === undefined || since >= to) return found;
  const oldest = await oldestWithin(api, { from: since, to }, signal);
  return oldest === undefined ? found : span(oldest, found ?? oldest);
}

/** The ends of the oldest month with lines, in a range whose months are mostly empty. */
async function oldestWithin(api: Api, { from, to }: Range, signal: AbortSignal): Promise<Range | undefined> {
  const months = windows({ from, to }, MONTH);
  for (let first = 0; first < months.length; first += MONTHS_AT_ONCE) {
    const some = months.slice(first, first + MONTHS_AT_ONCE);
    const filled = await Promise.all(some.map((month) => hasStreams(api, month, signal)));
    for (const month of some.filter((_, index) => filled[index])) {
      const looks = await Array.fromAsync(byParts(month, (part) => endsWithin(api, part, false, signal)));
      const ends = looks.find((one) => one !== undefined);
      if (ends !== undefined) return ends;
    }
  }
  return undefined;
}

async function hasStreams(api: Api, month: Range, signal: AbortSignal): Promise<boolean> {
  for await (const streams of byParts(month, (part) => api.series([], part, signal)))
    if (streams.length > 0) return true;
  return false;
}

async function endsWithin(
  api: Api,
  range: Range,
  hasNewest: boolean,
  signal: AbortSignal,
): Promise<Range | undefined> {
  const roots = await rootSelectors(api, { range }, signal);
  // The oldest is slow to find if the start is empty: the server searches it hour by hour.
  const [oldest, newest] = await Promise.all([
    edge(api, roots, range, "forward", signal),
    hasNewest ? undefined : edge(api, roots, range, "backward", signal),
  ]);
  return oldest === undefined ? undefined : { from: oldest, to: (newest ?? oldest) + 1n };
}

async function edge(
  api: Api,
  roots: readonly string[],
  range: Range,
  direction: "forward" | "backward",
  signal: AbortSignal,
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
