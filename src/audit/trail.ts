import type { OpenSink } from "../host/open.ts";
import { messageOf } from "../units/message-of.ts";
import { type Delivery, openDelivery, SINK_TIME_LIMIT_MS } from "./deliver/delivery.ts";
import { type SinkChange, sinkChange } from "./deliver/sink-set.ts";
import { TrailError } from "./format/error.ts";
import type { AuditEvent, NewEvent, Trail } from "./format/event.ts";
import { SIGNED_AFTER } from "./format/operations.ts";
import { readSigningKey, writeCheckpoint } from "./journal/checkpoint.ts";
import { openHome } from "./journal/home.ts";
import { type Appended, type Journal, type JournalOptions, openJournal } from "./journal/journal.ts";
import { trailLinesBackward } from "./journal/segments.ts";
import { newestOf } from "./read/query.ts";
import { createRecord, type Written } from "./record.ts";
import { abandoned, explainInterruption, interruption } from "./recover.ts";
import { forgetUnfinished, keepAlive, noteUnfinished, rememberedUnfinished } from "./unfinished.ts";

/** Where a trail is, which sinks get its events, and how to warn the user. */
export interface TrailOptions extends JournalOptions {
  /** All configured sinks. A command that has not opened them leaves this out, and sinks are then ignored. */
  readonly sinks?: readonly OpenSink[];
  /** Receives what the user must know although the command continues. */
  onWarning(message: string): void;
  /** Is told of each event that was asked for, once it is in the trail. */
  readonly onEvent?: (event: AuditEvent) => void;
  /** Another host's unfinished operation that is silent for this long counts as abandoned, ms. Default one hour. */
  readonly staleAfterMs?: number;
  /** How often an operation reports that it is still running, ms. Default half a minute. */
  readonly heartbeatMs?: number;
  /** Time limit of a sink for one event, and for all waiting events when the command ends, ms. Default {@link SINK_TIME_LIMIT_MS}. */
  sinkTimeLimitMs?(sink: OpenSink): number;
  /** The maximum number of events that wait for a sink. Default 10,000. */
  readonly outboxMax?: number;
}

/**
 * Opens the trail of one project. Nothing is read or written before it is used. Before the first event come those that close
 * operations whose process died.
 */
export function openTrail(options: TrailOptions): Trail {
  const { file, onWarning, sinkTimeLimitMs: timeLimitMs = () => SINK_TIME_LIMIT_MS } = options;
  const journal = openJournal(options);
  const { sinks = [] } = options;
  const delivery = openDelivery({ ...options, sinks, timeLimitMs, onDropped });
  const firstUse = openFirstUse(options, journal, delivery);

  const append = async (event: NewEvent): Promise<Written> => {
    const { events, copyFailure } = await firstUse.append(event);
    delivery.notify();
    tellRepairs(events, onWarning);
    const written = events.at(-1)?.event;
    if (written === undefined) throw new TrailError(`nothing was written to ${file}`);
    options.onEvent?.(written);
    return copyFailure === undefined ? { event: written } : { event: written, copyFailure };
  };

  async function onDropped(sink: string, dropped: number): Promise<void> {
    await append({ operation: "sink_overflow", outcome: "partial", details: { sink, dropped } });
  }

  const onEnded = (end: AuditEvent): void => {
    if (!SIGNED_AFTER.has(end.operation)) return;
    try {
      const home = openHome(options.home, file);
      const key = readSigningKey(home);
      if (key !== undefined) writeCheckpoint(file, home, key, end);
      else if (hasSigned(file, end)) onWarning(`no checkpoint was signed: ${NO_KEY}: ${home.keyFile}`);
    } catch (error) {
      onWarning(`no checkpoint was signed: ${messageOf(error)}`);
    }
  };

  return {
    append: async (event) => (await append(event)).event,
    record: createRecord({
      append,
      onWarning,
      onEnded,
      keepAlive: (id) => keepAlive(file, id, options.heartbeatMs),
    }),
    abandoned: () => firstUse.abandoned(),
    recover: () => firstUse.recover(),
    async newest(query) {
      const { matches, unreadable } = newestOf(trailLinesBackward(file, query.before), query);
      if (unreadable > 0)
        onWarning(
          `${file} holds lines that are not events (${unreadable}): \`contextcore audit verify\` tells more`,
        );
      return matches.map(({ event }) => event);
    },
    close: () => delivery.close(),
  };
}

interface FirstUse {
  /** The first event is preceded by those that tell what earlier commands left behind and whether the sinks have changed. */
  append(event: NewEvent): Promise<Appended>;
  abandoned(): readonly AuditEvent[];
  /** Only warns if something cannot be written. */
  recover(): Promise<void>;
}

function openFirstUse(options: TrailOptions, journal: Journal, delivery: Delivery): FirstUse {
  const { file, sinks, onWarning, clock = Date.now, staleAfterMs = 3_600_000 } = options;
  const timeLimitMs = options.sinkTimeLimitMs ?? (() => SINK_TIME_LIMIT_MS);
  let recovered = false;
  let sinksKnown = sinks === undefined;

  const note = (events: readonly AuditEvent[]): void => {
    try {
      noteUnfinished(file, events);
    } catch (error) {
      onWarning(messageOf(error));
    }
  };

  /** Without `onSettled`, for readers: what is remembered stays unchanged. */
  const findAbandoned = (onSettled?: (id: string) => void): readonly AuditEvent[] =>
    abandoned(trailLinesBackward(file), {
      host: journal.identity.host,
      now: clock(),
      staleAfterMs,
      remembered: rememberedUnfinished(file),
      ...(onSettled && { onSettled }),
    });

  const append = async (event?: NewEvent): Promise<Appended> => {
    let left: readonly AuditEvent[] = [];
    let change: SinkChange | undefined;
    const build = (): readonly NewEvent[] => {
      left = recovered ? [] : findAbandoned((id) => forgetUnfinished(file, id));
      change =
        sinksKnown || sinks === undefined || event === undefined
          ? undefined
          : sinkChange(file, sinks, timeLimitMs);
      recovered = true;
      sinksKnown ||= event !== undefined;
      return [...left.map(interruption), change?.event, event].filter((one) => one !== undefined);
    };
    const appended = await journal.append(build).catch((error) => {
      recovered = false;
      sinksKnown = sinks === undefined;
      throw error;
    });
    note(appended.events.map(({ event: one }) => one));
    for (const started of left) onWarning(explainInterruption(started));
    if (change !== undefined) welcome(change, appended);
    return appended;
  };

  const welcome = (change: SinkChange, { events }: Appended): void => {
    const changed = events.find(({ event }) => event.operation === change.event.operation);
    try {
      delivery.welcome(change.added, (changed?.event.seq ?? 1) - 1);
      change.remember();
    } catch (error) {
      onWarning(messageOf(error));
    }
  };

  return {
    append,
    abandoned: () => findAbandoned(),
    async recover() {
      if (recovered || findAbandoned().length === 0) return;
      await append().catch((error) =>
        onWarning(`an interrupted operation is not closed: ${messageOf(error)}`),
      );
    },
  };
}

const NO_KEY =
  "this trail has a signing key, but this home does not hold it (if the project was moved, `contextcore audit keygen` makes a new one)";

/** Whether the user who wrote this event has made a key for this trail; of a service's, whoever did on this host. */
function hasSigned(file: string, { user, via, host }: AuditEvent): boolean {
  const { matches } = newestOf(trailLinesBackward(file), { limit: 1, operation: "audit_keygen" });
  return matches.some(({ event }) => event.host === host && (event.user === user || via !== undefined));
}

function tellRepairs(events: Appended["events"], onWarning: (message: string) => void): void {
  for (const { event } of events) if (event.operation === "trail_repair") onWarning(repairText(event));
}

function repairText({ details, outcome }: AuditEvent): string {
  const { found, set_aside: aside, restored, missing, forged } = details;
  const back = `${restored ?? 0} events were put back from the home copy`;
  const lost = missing === 0 ? "; they do not continue the trail" : `; ${missing} others are lost`;
  const done = aside === undefined ? back : `it was set aside in ${aside}`;
  const partly = outcome === "partial" ? `${back}${lost}` : "the home copy could not repair it";
  const what = outcome === "success" ? done : partly;
  const told =
    forged === undefined
      ? what
      : `${back}; ${forged === 1 ? "1 altered line of that copy was not" : `${forged} altered lines of that copy were not`}`;
  return `the audit trail was found with ${found}: ${told}; this is recorded in it`;
}
