import type { OpenSink } from "../plugin/open.ts";
import { openDelivery } from "./deliver/delivery.ts";
import { type SinkChange, sinkChange } from "./deliver/sink-set.ts";
import { TrailError } from "./error.ts";
import type { AuditEvent, Ending, NewEvent, Trail, TrailOperation } from "./event.ts";
import { type Appended, type JournalOptions, openJournal } from "./journal.ts";
import { markOf } from "./process.ts";
import { newestOf } from "./query.ts";
import { abandoned, explainInterruption, interruption } from "./recover.ts";
import { trailLinesBackward } from "./segments.ts";

export interface TrailOptions extends JournalOptions {
  readonly sinks: readonly OpenSink[];
  /** What the user must know though the command goes on. */
  onWarning(message: string): void;
  /** After this long another host's unfinished operation counts as abandoned, ms. Default one hour. */
  readonly staleAfterMs?: number;
  /** How long a sink may take for one event, and for all that wait once the command ends, ms. Default 5 s. */
  readonly sinkTimeLimitMs?: number;
}

/**
 * Opens the trail of one project. Nothing is read or written before it is used; the first use closes operations whose
 * process died.
 */
export function openTrail(options: TrailOptions): Trail {
  const { file, onWarning, clock = Date.now, staleAfterMs = 3_600_000, sinkTimeLimitMs = 5_000 } = options;
  const journal = openJournal(options);
  const delivery = openDelivery({ ...options, timeLimitMs: sinkTimeLimitMs, onDropped });
  let kept = false;

  const findAbandoned = (): readonly AuditEvent[] =>
    abandoned(trailLinesBackward(file), { host: journal.identity.host, now: clock(), staleAfterMs });

  /** With the first event come those that say what earlier commands left behind. */
  const write = async (event?: NewEvent): Promise<Appended> => {
    let closed: readonly AuditEvent[] = [];
    let change: SinkChange | undefined;
    const build = (): readonly NewEvent[] => {
      if (!kept) {
        closed = findAbandoned();
        change = sinkChange(file, options.sinks);
      }
      kept = true;
      const events = [...closed.map(interruption), change?.event, event];
      return events.filter((one) => one !== undefined);
    };
    const appended = await journal.append(build).catch((error) => {
      kept = false;
      throw error;
    });
    for (const started of closed) onWarning(explainInterruption(started));
    for (const { event: one } of appended.events)
      if (one.operation === "trail_repair") onWarning(repairText(one));
    if (change !== undefined) welcome(change, appended);
    delivery.notify();
    return appended;
  };

  const welcome = (change: SinkChange, { events }: Appended): void => {
    const event = events.find(({ event: { operation } }) => operation === change.event.operation);
    try {
      delivery.welcome(change.added, (event?.event.seq ?? 1) - 1);
      change.remember();
    } catch (error) {
      onWarning(messageOf(error));
    }
  };

  async function onDropped(sink: string, dropped: number): Promise<void> {
    await warnOnFailure("what a sink missed", {
      operation: "sink_overflow",
      outcome: "partial",
      details: { sink, dropped },
    });
  }

  const append = async (event: NewEvent): Promise<Written> => {
    const { events, copyFailure } = await write(event);
    const written = events.at(-1)?.event;
    if (written === undefined) throw new TrailError(`nothing was written to ${file}`);
    return copyFailure === undefined ? { event: written } : { event: written, copyFailure };
  };

  const warnOnFailure = async (what: string, event: NewEvent): Promise<AuditEvent | undefined> => {
    try {
      const { event: written, copyFailure } = await append(event);
      if (copyFailure !== undefined)
        onWarning(`${what} is recorded, but not in the home copy: ${copyFailure.message}`);
      return written;
    } catch (error) {
      onWarning(`${what} could not be recorded: ${messageOf(error)}`);
      return undefined;
    }
  };

  const begin = async (operation: TrailOperation): Promise<AuditEvent | undefined> => {
    const event = startOf(operation);
    if (!operation.destructive) return warnOnFailure(`the beginning of this ${operation.operation}`, event);
    const { event: started, copyFailure } = await append(event);
    if (copyFailure === undefined) return started;
    const details = { error: copyFailure.message };
    await warnOnFailure("the refusal", { ...event, outcome: "refused", ref: started.id, details });
    throw copyFailure;
  };

  return {
    append: async (event) => (await append(event)).event,
    async record(operation, work) {
      const started = await begin(operation);
      const end = (ending: Ending) =>
        warnOnFailure(`the end of this ${operation.operation}`, endOf(operation, ending, started));
      try {
        const { result, ending } = await work();
        await end(ending);
        return result;
      } catch (error) {
        await end(endingOf(error, operation.signal));
        throw error;
      }
    },
    async newest(query) {
      if (!kept && findAbandoned().length > 0) await write().catch((error) => onWarning(messageOf(error)));
      const { events, unreadable } = newestOf(trailLinesBackward(file), query);
      if (unreadable > 0)
        onWarning(`${unreadable} lines of ${file} cannot be read: \`contextcore audit verify\` says why`);
      return events;
    },
    close: () => delivery.close(),
  };
}

interface Written {
  readonly event: AuditEvent;
  readonly copyFailure?: TrailError;
}

function startOf({ operation, details, dataAffected }: TrailOperation): NewEvent {
  const { pid, start, namespace } = markOf(process.pid) ?? { pid: process.pid, start: "unknown" };
  return {
    operation,
    outcome: "started",
    details: { ...details, process: { pid, start, namespace } },
    ...(dataAffected === undefined ? {} : { dataAffected }),
  };
}

function endOf(operation: TrailOperation, ending: Ending, started: AuditEvent | undefined): NewEvent {
  const { dataAffected } = operation;
  return {
    operation: operation.operation,
    ...(dataAffected === undefined ? {} : { dataAffected }),
    ...ending,
    ...(started === undefined ? {} : { ref: started.id }),
  };
}

function endingOf(error: unknown, signal: AbortSignal | undefined): Ending {
  const cancelled = signal?.aborted === true || (error instanceof Error && error.name === "AbortError");
  return { outcome: cancelled ? "cancelled" : "failed", details: { error: messageOf(error) } };
}

function repairText({ details, outcome }: AuditEvent): string {
  const { found, set_aside: aside, restored } = details;
  const done =
    aside === undefined
      ? `${restored ?? 0} events were put back from the home copy`
      : `it was set aside in ${aside}`;
  const what = outcome === "success" ? done : "the home copy could not put it right";
  return `the audit trail was found with ${found}: ${what}; this is recorded in it`;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
