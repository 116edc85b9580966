/** Records work with two events: `started` before it, and how it ended after it, whatever happens. */

import { given } from "../units/given.ts";
import { CancelledError, StoppedError } from "../units/interrupted.ts";
import { messageOf } from "../units/message-of.ts";
import { markOf } from "../units/process-mark.ts";
import type { TrailError } from "./format/error.ts";
import type { AuditEvent, Did, Ending, NewEvent, Trail, TrailOperation } from "./format/event.ts";

/** An event that is in the trail. */
export interface Written {
  readonly event: AuditEvent;
  /** Why it is not in the home copy. */
  readonly copyFailure?: TrailError;
}

/** How an operation is recorded. */
interface RecordOptions {
  /** @throws TrailError when the trail cannot have it */
  append(event: NewEvent): Promise<Written>;
  onWarning(message: string): void;
  /** Reports from time to time that the operation with this id is still running, until it is disposed of. */
  keepAlive(id: string): Disposable;
  /** Called when an operation has ended with this event. */
  onEnded(end: AuditEvent): void;
}

/** Makes {@link Trail.record}. */
export function createRecord(options: RecordOptions): Trail["record"] {
  const { append, onWarning, keepAlive, onEnded } = options;
  const tryAppend = async (what: string, event: NewEvent): Promise<AuditEvent | undefined> => {
    try {
      const { event: written, copyFailure } = await append(event);
      if (copyFailure !== undefined) {
        onWarning(`${what} is recorded, but not in the home copy: ${copyFailure.message}`);
      }
      return written;
    } catch (error) {
      onWarning(`${what} could not be recorded: ${messageOf(error)}`);
      return undefined;
    }
  };

  const begin = async (operation: TrailOperation): Promise<AuditEvent | undefined> => {
    const event = startOf(operation);
    if (!operation.destructive) return tryAppend(`the beginning of this ${operation.operation}`, event);
    const { event: started, copyFailure } = await append(event);
    if (copyFailure === undefined) return started;
    const details = { error: copyFailure.message };
    await tryAppend("the refusal", { ...event, outcome: "refused", ref: started.id, details });
    throw copyFailure;
  };

  return async (operation, work) => {
    const started = operation.isBrief ? undefined : await begin(operation);
    using _alive = started && keepAlive(started.id);
    let ended: AuditEvent | undefined;
    const isSilent = () => operation.isBrief === true && ended === undefined;
    const recordEnd = async (ending: Ending): Promise<void> => {
      ended = (await append(endOf(operation, ending, started))).event;
    };
    const end = async (ending: Ending): Promise<void> => {
      const event = endOf(operation, ending, started ?? ended);
      ended = await tryAppend(`the end of this ${operation.operation}`, event);
    };
    const settle = (): void => {
      if (ended !== undefined) onEnded(ended);
    };
    let done: Ending["details"];
    const did: Did = (details) => {
      done = details && { ...done, ...details };
    };
    try {
      const { result, ending } = await work(did, recordEnd, started?.id);
      if (ended === undefined) await end(stoppedOrNot(ending, operation.signal));
      settle();
      return result;
    } catch (error) {
      const ending = stoppedOrNot(endingOf(error, operation.signal, done), operation.signal);
      if (!isSilent()) await end(contradicting(ended, ending));
      settle();
      throw error;
    }
  };
}

/** What a person ends is cancelled; what ends because its process has to is interrupted. Either says why it was stopped. */
function stoppedOrNot(ending: Ending, signal: AbortSignal | undefined): Ending {
  const reason: unknown = signal?.reason;
  const isForced = reason instanceof StoppedError;
  if (ending.outcome === "success" || !(isForced || reason instanceof CancelledError)) return ending;
  const outcome = isForced && ending.outcome === "cancelled" ? "interrupted" : ending.outcome;
  return { ...ending, outcome, details: { ...ending.details, stopped: reason.message } };
}

/** When something recorded as done then failed, the event that reports this names it again. */
const contradicting = (ended: AuditEvent | undefined, ending: Ending): Ending =>
  ended === undefined ? ending : { ...ending, details: { ...ended.details, ...ending.details } };

/** The event before an operation. It names the process, so that a later command can tell whether that died. */
function startOf({ operation, details, dataAffected }: Omit<TrailOperation, "destructive">): NewEvent {
  const { pid, start, namespace } = markOf(process.pid) ?? { pid: process.pid, start: "unknown" };
  return {
    operation,
    outcome: "started",
    details: { ...details, process: { pid, start, namespace } },
    ...given({ dataAffected }),
  };
}

/** @param before the event that it refers to */
function endOf(operation: TrailOperation, ending: Ending, before: AuditEvent | undefined): NewEvent {
  const { dataAffected } = operation;
  return {
    operation: operation.operation,
    ...given({ dataAffected }),
    ...ending,
    ...given({ ref: before?.id }),
  };
}

/** @param done what was done before it failed */
function endingOf(error: unknown, signal: AbortSignal | undefined, done: Ending["details"]): Ending {
  const details = { ...done, error: messageOf(error) };
  if (done !== undefined) return { outcome: "partial", details };
  const cancelled = signal?.aborted === true || (error instanceof Error && error.name === "AbortError");
  return { outcome: cancelled ? "cancelled" : "failed", details };
}
