/** What a run tells while it goes on, to whoever watches: however slow a reader is, what waits for it stays small. */

import { given } from "../../units/given.ts";
import type { TaskEvent, TaskProgress } from "./protocol.ts";
import type { RunState } from "./run.ts";

/** What watchers are told. The first ones say how things stand. */
export type RunEvent =
  | Extract<TaskEvent, { event: "parts" | "progress" | "waiting" | "note" | "warning" }>
  | { readonly event: "state"; readonly state: RunState }
  | { readonly event: "plan"; readonly sha256: string; readonly targetsTotal: number }
  | {
      readonly event: "ended";
      readonly outcome: string;
      readonly error?: { readonly message: string } | undefined;
    }
  /** So many messages were left out, for a reader that is too slow. */
  | { readonly event: "missed"; readonly messages: number };

/** See {@link createFeed}. */
export interface Feed {
  tell(event: RunEvent): void;
  /** The last event; watchers end with it. @returns once all that are not too slow have had it */
  end(event: RunEvent): Promise<void>;
  watch(signal: AbortSignal): AsyncGenerator<RunEvent>;
}

/** How many messages are kept for those who come later, and for a reader that is slow. */
const MESSAGES_MAX = 100;
/** How many parts of a work are told of. */
const PARTS_MAX = 1_000;

/** How long readers have to hear the end. ms */
const LEAVING_MS = 1_000;

/** Of one run. */
export function createFeed(): Feed {
  const present = createBuffer();
  const readers = new Set<Reader>();
  const left = Promise.withResolvers<void>();
  let isEnded = false;
  const leave = (): void => {
    if (isEnded && readers.size === 0) left.resolve();
  };
  const spread = (event: RunEvent): void => {
    present.add(event);
    for (const reader of readers) {
      reader.buffer.add(event);
      reader.wake();
    }
  };
  return {
    tell: spread,
    end(event) {
      isEnded = true;
      spread(event);
      leave();
      setTimeout(left.resolve, LEAVING_MS).unref();
      return left.promise;
    },
    async *watch(signal) {
      const reader: Reader = { buffer: present.copy(), wake: () => undefined };
      readers.add(reader);
      try {
        while (!signal.aborted) {
          const event = reader.buffer.take();
          if (event !== undefined) yield event;
          else if (isEnded) return;
          else await woken(reader, signal);
        }
      } finally {
        readers.delete(reader);
        leave();
      }
    },
  };
}

/** What is told of a run that has ended long ago. */
export async function* alreadyEnded(
  outcome: string,
  error: { readonly message: string } | undefined,
): AsyncGenerator<RunEvent> {
  yield { event: "ended", outcome, ...given({ error }) };
}

interface Reader {
  readonly buffer: Buffer;
  wake: () => void;
}

function woken(reader: Reader, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  reader.wake = resolve;
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}

/** Events that wait: of each part its newest progress, of what stands only the newest, of messages the last ones. */
interface Buffer {
  add(event: RunEvent): void;
  take(): RunEvent | undefined;
  copy(): Buffer;
}

function createBuffer(standing: Iterable<[string, RunEvent]> = [], said: readonly RunEvent[] = []): Buffer {
  const stands = new Map<string, RunEvent>(standing);
  const messages = [...said];
  let missed = 0;
  return {
    add(event) {
      if (event.event === "note" || event.event === "warning") {
        messages.push(event);
        if (messages.length > MESSAGES_MAX) missed += messages.splice(0, 1).length;
        return;
      }
      if (event.event === "parts") forgetProgress(stands);
      const key = keyOf(event);
      if (stands.size < PARTS_MAX || stands.has(key) || event.event !== "progress") stands.set(key, event);
    },
    take() {
      const message = messages.shift();
      if (message !== undefined) return message;
      if (missed > 0) {
        const event = { event: "missed", messages: missed } as const;
        missed = 0;
        return event;
      }
      const next = stands.entries().next().value;
      if (next === undefined) return undefined;
      stands.delete(next[0]);
      return next[1];
    },
    copy: () => createBuffer(stands, messages),
  };
}

function forgetProgress(stands: Map<string, RunEvent>): void {
  for (const [key, { event }] of stands) if (event === "progress") stands.delete(key);
}

/** What is told with the same key says what stands now; the end stays last. */
const keyOf = (event: RunEvent): string => (isProgress(event) ? `progress ${event.name}` : event.event);

const isProgress = (event: RunEvent): event is TaskProgress => event.event === "progress";
