import { parseLine } from "./chain.ts";
import type { AuditEvent, AuditQuery } from "./event.ts";

export interface QueryAnswer {
  /** Oldest first. */
  readonly events: readonly AuditEvent[];
  /** Lines that could not be read as events. */
  readonly unreadable: number;
}

/** The newest events that fit. Stops reading as soon as it has enough. @param lines newest first */
export function newestOf(lines: Iterable<string>, query: AuditQuery): QueryAnswer {
  const events: AuditEvent[] = [];
  let unreadable = 0;
  for (const line of lines) {
    if (events.length >= query.limit || isBefore(line, query.from)) break;
    if (!mayFit(line, query)) continue;
    const event = parsed(line);
    if (event === undefined) unreadable += 1;
    else if (fits(event, line, query)) events.push(event);
  }
  return { events: events.reverse(), unreadable };
}

/** A cheap look at the text spares reading most lines that do not fit. */
function mayFit(line: string, { operation, outcome }: AuditQuery): boolean {
  if (operation !== undefined && !line.includes(`"operation":${JSON.stringify(operation)}`)) return false;
  return outcome === undefined || line.includes(`"outcome":"${outcome}"`);
}

/** True when the event fits every member of the query but `limit`. */
export function fits(event: AuditEvent, line: string, query: AuditQuery): boolean {
  const { operation, outcome, user, host, affected, grep, from, to } = query;
  const time = Date.parse(event.timestamp);
  return (
    (operation === undefined || event.operation === operation) &&
    (outcome === undefined || event.outcome === outcome) &&
    (user === undefined || event.user === user) &&
    (host === undefined || event.host === host) &&
    (affected === undefined || event.data_affected.some((one) => one.includes(affected))) &&
    (grep === undefined || line.toLowerCase().includes(grep.toLowerCase())) &&
    (from === undefined || time >= from) &&
    (to === undefined || time < to)
  );
}

/** Clocks of several hosts differ: only what is older by more than this ends the search. ms */
const CLOCK_SLACK_MS = 3_600_000;

function isBefore(line: string, from: number | undefined): boolean {
  if (from === undefined) return false;
  const time = /"timestamp":"([^"]+)"/.exec(line)?.[1];
  return time !== undefined && Date.parse(time) < from - CLOCK_SLACK_MS;
}

function parsed(line: string): AuditEvent | undefined {
  try {
    return parseLine(line);
  } catch {
    return undefined; // counted by the caller
  }
}
