/** Statistics of a trail. */
import { DAY_MS } from "../../units/range.ts";
import type { AuditEvent, Outcome } from "../format/event.ts";
import type { Match } from "./query.ts";

/** Counts of operations. */
export interface AuditStats {
  /** Events other than `started`, so that each operation counts once. */
  readonly operations: number;
  readonly byOperation: Readonly<Record<string, OutcomeCounts>>;
  readonly byUser: Readonly<Record<string, OutcomeCounts>>;
  /** By week, named by its Monday (UTC), oldest first, without gaps. */
  readonly byWeek: readonly { readonly week: string; readonly tally: OutcomeCounts }[];
  readonly byOutcome: OutcomeCounts;
}

/** How often each outcome occurred; those that never did are absent. */
export type OutcomeCounts = Readonly<Partial<Record<Outcome, number>>>;

type Counts = Map<string, Partial<Record<Outcome, number>>>;

/** Counts events by operation, user, outcome and week; skips `started` ones, since their ends are counted. */
export function statsOf(matches: Iterable<Match>): AuditStats {
  const operations: Counts = new Map();
  const users: Counts = new Map();
  const weeks: Counts = new Map();
  const all: Counts = new Map();
  for (const { event } of matches) {
    if (event.outcome === "started") continue;
    count(operations, event.operation, event);
    count(users, `${event.user}@${event.host}`, event);
    count(weeks, weekOf(event.timestamp), event);
    count(all, "all", event);
  }
  const byOutcome = all.get("all") ?? {};
  return {
    operations: sum(byOutcome),
    byOperation: descending(operations),
    byUser: descending(users),
    byWeek: withoutGaps(weeks),
    byOutcome,
  };
}

/** All outcomes together. */
export const sum = (tally: OutcomeCounts): number =>
  Object.values(tally).reduce((total, count) => total + count, 0);

function count(counts: Counts, key: string, { outcome }: AuditEvent): void {
  const tally = counts.get(key) ?? {};
  tally[outcome] = (tally[outcome] ?? 0) + 1;
  counts.set(key, tally);
}

const descending = (counts: Counts): Record<string, OutcomeCounts> =>
  Object.fromEntries([...counts].sort(([, a], [, b]) => sum(b) - sum(a)));

/** The Monday on or before a time: `2026-01-19`. */
function weekOf(timestamp: string): string {
  const time = Date.parse(timestamp);
  const sinceMonday = (new Date(time).getUTCDay() + 6) % 7;
  return new Date(time - sinceMonday * DAY_MS).toISOString().slice(0, 10);
}

function withoutGaps(weeks: Counts): AuditStats["byWeek"] {
  const known = [...weeks.keys()].sort();
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined) return [];
  const filled: { week: string; tally: OutcomeCounts }[] = [];
  for (let time = Date.parse(first); time <= Date.parse(last); time += 7 * DAY_MS) {
    const week = new Date(time).toISOString().slice(0, 10);
    filled.push({ week, tally: weeks.get(week) ?? {} });
  }
  return filled;
}
