/** Finds events: the newest from the end of the trail, or all from its beginning. */
import { eventOf } from "../format/chain.ts";
import type { AuditEvent, AuditQuery } from "../format/event.ts";
import { targetTypeOf } from "../format/target-types.ts";
import type { TrailLine } from "../format/trail-line.ts";

/** A matching event and its line. */
export interface Match {
  readonly event: AuditEvent;
  readonly line: string;
}

/** Which events are wanted: every given member must match. */
export type Filter = Omit<AuditQuery, "limit">;

/** What was found. */
interface QueryAnswer {
  /** Oldest first. */
  readonly matches: readonly Match[];
  /** Lines that could not be read as events. */
  readonly unreadable: number;
}

/** The newest matching events. Stops reading as soon as it has enough. @param lines newest first */
export function newestOf(lines: Iterable<TrailLine>, { limit, ...filter }: AuditQuery): QueryAnswer {
  const found: Match[] = [];
  let unreadable = 0;
  for (const line of lines) {
    if (filter.before !== undefined && line.seq >= filter.before) continue;
    const { text } = line;
    if (found.length >= limit || isBefore(text, filter.from)) break;
    const match = matchOf(text, filter);
    if (match === "unreadable") unreadable += 1;
    else if (match !== undefined) found.push(match);
  }
  return { matches: found.reverse(), unreadable };
}

/** Every matching event, in the order of the lines; unreadable lines are skipped. */
export function* matching(lines: Iterable<TrailLine>, filter: Filter): Generator<Match> {
  for (const { text } of lines) {
    const match = matchOf(text, filter);
    if (match !== undefined && match !== "unreadable") yield match;
  }
}

/** A cheap look at the text avoids parsing most lines that do not match. */
function matchOf(line: string, filter: Filter): Match | "unreadable" | undefined {
  const { operation, outcome, via = "cli" } = filter;
  if (operation !== undefined && !line.includes(`"operation":${JSON.stringify(operation)}`)) return undefined;
  if (outcome !== undefined && !line.includes(`"outcome":"${outcome}"`)) return undefined;
  if (via !== "cli" && !line.includes(`"via":"${via}"`)) return undefined;
  const event = eventOf(line);
  if (event === undefined) return "unreadable";
  return fits(event, line, filter) ? { event, line } : undefined;
}

function fits(event: AuditEvent, line: string, filter: Filter): boolean {
  const { operation, outcome, user, via, host, targetType, affected, grep, from, to, before } = filter;
  const time = Date.parse(event.timestamp);
  return (
    (operation === undefined || event.operation === operation) &&
    (outcome === undefined || event.outcome === outcome) &&
    (user === undefined || event.user === user) &&
    (via === undefined || (event.via ?? "cli") === via) &&
    (host === undefined || event.host === host) &&
    (targetType === undefined || targetTypeOf(event) === targetType) &&
    (affected === undefined || event.data_affected.some((one) => one.includes(affected))) &&
    (grep === undefined || line.toLowerCase().includes(grep.toLowerCase())) &&
    (from === undefined || time >= from) &&
    (to === undefined || time < to) &&
    (before === undefined || event.seq < before)
  );
}

/** The clocks of several hosts differ, so only an event that is older by more than this ends the search. ms */
const CLOCK_SLACK_MS = 3_600_000;

function isBefore(line: string, from: number | undefined): boolean {
  if (from === undefined) return false;
  const time = /"timestamp":"([^"]+)"/.exec(line)?.[1];
  return time !== undefined && Date.parse(time) < from - CLOCK_SLACK_MS;
}
