/** Finds operations that began and never ended, by looking back from the end of the trail. */

import { stateOf, toProcessMark } from "../units/process-mark.ts";
import { adviceOnInterrupted } from "./format/advice.ts";
import { eventOf } from "./format/chain.ts";
import type { AuditEvent, NewEvent } from "./format/event.ts";
import type { TrailLine } from "./format/trail-line.ts";
import type { UnfinishedOperation } from "./unfinished.ts";

/** When an operation without an end counts as abandoned. */
interface RecoveryOptions {
  readonly host: string;
  /** Now, ms since the epoch. */
  readonly now: number;
  /** An operation of another host or container that is silent for this long counts as abandoned, ms. */
  readonly staleAfterMs: number;
  /** The operations remembered as open, by the ids of their `started` events. The search goes back at least that far. */
  readonly remembered?: ReadonlyMap<string, UnfinishedOperation>;
  /** Called for each of them that has ended, or is not in the trail. */
  onSettled?(id: string): void;
}

/** The search goes back at least this far, some two thousand events. bytes */
const LOOK_BACK_BYTES = 1024 * 1024;

/** `started` events without an end whose process is gone, oldest first. @param lines newest first */
export function abandoned(lines: Iterable<TrailLine>, options: RecoveryOptions): readonly AuditEvent[] {
  const { remembered = new Map<string, UnfinishedOperation>() } = options;
  const oldest = Math.min(...[...remembered.values()].map(({ seq }) => seq));
  const ended = new Set<string>();
  const open = new Set<string>();
  const found: AuditEvent[] = [];
  let bytes = 0;
  for (const line of lines) {
    bytes += line.end - line.start;
    if (bytes > LOOK_BACK_BYTES && line.seq < oldest) break;
    const { text } = line;
    const ref = /"ref":"([^"]*)","prev_hash"/.exec(text)?.[1];
    if (ref !== undefined) ended.add(ref);
    if (!text.includes('"outcome":"started"')) continue;
    const event = eventOf(text);
    if (event?.outcome !== "started" || ended.has(event.id)) continue;
    open.add(event.id);
    if (isAbandoned(event, options)) found.push(event);
  }
  for (const id of remembered.keys()) if (!open.has(id)) options.onSettled?.(id);
  return found.reverse();
}

/** The event that closes an abandoned operation. */
export function interruption(started: AuditEvent): NewEvent {
  const { left, next } = adviceOnInterrupted(started);
  return {
    operation: started.operation,
    outcome: "interrupted",
    ref: started.id,
    details: { started: started.timestamp, by: `${started.user}@${started.host}`, left, next },
    dataAffected: started.data_affected,
  };
}

/** A message for the person who runs the next command. */
export function explainInterruption(started: AuditEvent): string {
  const { operation, timestamp, user, host } = started;
  const { left, next } = adviceOnInterrupted(started);
  const when = timestamp.slice(0, 19).replace("T", " ");
  return `the ${operation} that ${user}@${host} began at ${when} UTC was interrupted: ${left}. ${next}`;
}

function isAbandoned(event: AuditEvent, { host, now, staleAfterMs, remembered }: RecoveryOptions): boolean {
  const mark = toProcessMark(event.details.process);
  const state = event.host === host && mark !== undefined ? stateOf(mark) : "unknown";
  if (state !== "unknown") return state === "gone";
  const heard = Math.max(Date.parse(event.timestamp), remembered?.get(event.id)?.aliveMs ?? 0);
  return now - heard > staleAfterMs;
}
