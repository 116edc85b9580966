/** The oldest and the newest entry, found by looking back month by month. */
import { NS_PER_SECOND, type Range, span } from "contextcore";
import type { Api } from "./api.ts";
import type { Border } from "./border.ts";
import { byParts, MONTH } from "./parts.ts";
import { rootSelectors } from "./roots.ts";

/** So many months without a line end the search: what was restored into the past may lie behind a gap. */
const EMPTY_MAX = 13;
const MONTHS_MAX = 120;

/** Entries may lie in the future: Loki takes those of the next ten minutes, and clocks differ. ns */
const AHEAD = 3_600n * NS_PER_SECOND;

/** What bounds the search. */
export interface Horizon {
  /** ns */
  readonly now: bigint;
  readonly retention?: bigint | "unlimited" | undefined;
}

/** From the oldest entry to after the newest; `undefined` when there are none. */
export async function findEnds(
  api: Api,
  border: Border,
  { now, retention }: Horizon,
  signal: AbortSignal,
): Promise<Range | undefined> {
  const end = now + AHEAD;
  // The compactor runs late: what has expired is visible for some time.
  const kept = typeof retention === "bigint" ? retention + 2n * MONTH : undefined;
  const empty = kept === undefined ? EMPTY_MAX : Number(kept / MONTH) + 1;
  let found: Range | undefined;
  let emptyInARow = 0;
  for (let month = 0; month < MONTHS_MAX && emptyInARow <= empty; month += 1) {
    const to = end - BigInt(month) * MONTH;
    if (to <= 0n) break;
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
  return found;
}

async function endsWithin(
  api: Api,
  range: Range,
  hasNewest: boolean,
  signal: AbortSignal,
): Promise<Range | undefined> {
  const roots = await rootSelectors(api, { range }, signal);
  // The oldest takes a server long where the beginning is empty: it looks through it hour by hour.
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
