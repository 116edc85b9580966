/** Delivers new events to every sink while the command works. Each sink has a queue of its own, so that none waits for another. */

import type { OpenSink } from "../../host/open.ts";
import { messageOf } from "../../units/message-of.ts";
import { withTimeLimit } from "../../units/time-limit.ts";
import { deliverAll } from "./dispatcher.ts";
import { pendingAfter } from "./pending.ts";
import { newSinkState, readSinkState, sinksFolder, writeSinkState } from "./state.ts";

/** How long a sink may take if the configuration says nothing, ms. */
export const SINK_TIME_LIMIT_MS = 5_000;

/** Which sinks there are, and what to do with what cannot be delivered. */
interface DeliveryOptions {
  /** The trail's file. */
  readonly file: string;
  readonly sinks: readonly OpenSink[];
  /** How long a sink gets for one event, and for all of them together once the command ends, ms. */
  timeLimitMs(sink: OpenSink): number;
  readonly outboxMax?: number;
  onWarning(message: string): void;
  onDropped(name: string, count: number): Promise<void>;
}

/** Delivers events to all sinks. */
export interface Delivery {
  /** New sinks get the events after `after`. */
  welcome(names: readonly string[], after: number): void;
  /** There is something to deliver. */
  notify(): void;
  /** Waits for all sinks, each up to its limit; warns about what is still waiting. */
  close(): Promise<void>;
}

/** Begins nothing until it is told to. */
export function openDelivery(options: DeliveryOptions): Delivery {
  const { file, timeLimitMs } = options;
  const folder = sinksFolder(file);
  const onWarning = once(options.onWarning);
  const ended = new AbortController();
  const rounds = options.sinks.map((open) => ({
    timeLimitMs: timeLimitMs(open),
    ...repeatable(async () => {
      try {
        await deliverAll({ ...options, open, folder, timeLimitMs: timeLimitMs(open), signal: ended.signal });
      } catch (error) {
        onWarning(`sink ${open.name}: ${messageOf(error)}`);
      }
    }),
  }));

  return {
    welcome(names, after) {
      for (const name of names) {
        if (readSinkState(folder, name) === undefined) writeSinkState(folder, newSinkState(name, after));
      }
    },
    notify() {
      for (const round of rounds) round.request();
    },
    async close() {
      const finishing = rounds.map((round) =>
        withTimeLimit(() => round.idle(), ended.signal, { limitMs: round.timeLimitMs }).catch(
          () => undefined,
        ),
      );
      await Promise.all(finishing);
      ended.abort();
      await Promise.all(rounds.map((round) => round.idle()));
      for (const { name } of options.sinks) warnOfBacklog(file, name, onWarning);
    },
  };
}

/** Delivery at the end meets the same problems again; each is reported once. */
function once(tell: (message: string) => void): (message: string) => void {
  const told = new Set<string>();
  return (message) => {
    if (told.has(message)) return;
    told.add(message);
    tell(message);
  };
}

function warnOfBacklog(file: string, name: string, onWarning: (message: string) => void): void {
  try {
    const state = readSinkState(sinksFolder(file), name);
    if (state === undefined) return;
    const { records, dropped } = pendingAfter(file, state.after);
    const waiting = records.length + dropped;
    if (waiting === 0) return;
    const why = state.failure === undefined ? "the time ran out" : state.failure.message;
    onWarning(
      `sink ${name}: ${waiting} ${waiting === 1 ? "event waits" : "events wait"} for a later command (${why})`,
    );
  } catch (error) {
    onWarning(`sink ${name}: ${messageOf(error)}`);
  }
}

interface Repeatable {
  /** Runs the work, or once more after the present run. */
  request(): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

/** At most one run at a time; requests during a run make one further run. @param work never rejects */
function repeatable(work: () => Promise<void>): Repeatable {
  let running: Promise<void> | undefined;
  let wanted = false;
  const run = async (): Promise<void> => {
    while (wanted) {
      wanted = false;
      await work();
    }
    running = undefined;
  };
  return {
    request() {
      wanted = true;
      running ??= run();
    },
    idle: () => running ?? Promise.resolve(),
  };
}
