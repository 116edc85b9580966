/**
 * Notes exchanges in a thread of its own: reading them, blotting secrets out and writing takes its time, and bytes that pass wait
 * for none of it. The thread begins with the first exchange.
 */
import type { KeptContent } from "../../activity/content/keep.ts";
import type { WritingState } from "../../activity/database/queue.ts";
import { given } from "../../units/given.ts";
import { messageOf } from "../../units/message-of.ts";
import { NEVER, withTimeLimit } from "../../units/time-limit.ts";
import type { AnswerHead, Exchange, Origin } from "./recording.ts";
import type { FromThread, ToThread } from "./thread-words.ts";

interface ThreadOptions {
  /** Of the database. */
  readonly path: string;
  /** What is kept where an exchange does not say. */
  readonly content: KeptContent;
  /** Is told of a damaged database that was set aside. */
  onSetAside(aside: string): void;
  /** Is told of a run that cannot be written, or of which the end cannot. */
  onLost(upstream: string): void;
}

/** See {@link openLogThread}. */
export interface LogThread {
  /** @param path of the request, by which it is read */
  begin(path: string, origin: Origin): Exchange;
  state(): WritingState;
  /** Writes what waits, as far as it can be written within the time. @param limitMs ms */
  close(limitMs: number): Promise<void>;
}

/** In the compiled program entry points are named by their paths below the repository. */
const THREAD = Bun.isStandaloneExecutable
  ? "./src/service/relay/thread.ts"
  : new URL("./thread.ts", import.meta.url).href;

/** What may be on its way to the thread; what comes beyond it is not read. Bytes */
const ON_THE_WAY_MAX = 64 << 20;

/** How long the first of what goes together waits, ms. */
const TOGETHER_MS = 5;

/** How long it is waited for beyond the time that it has to close, ms. */
const LATE_MS = 1_000;

const NOTHING: WritingState = { written: 0, waiting: 0, lost: 0 };

/** Opens the log. Nothing is delayed, and nothing fails, whatever becomes of the thread. */
export function openLogThread({ path, content, onSetAside, onLost }: ThreadOptions): LogThread {
  let [last, onTheWay, taken] = [0, 0, 0];
  /** What earlier threads did, and what this one has done. */
  let before = NOTHING;
  let state = NOTHING;
  let failure: string | undefined;
  let thread: Worker | undefined;
  let closed = (): void => {};
  const waiting: ToThread[] = [];
  const copies: ArrayBuffer[] = [];
  /** By the number of an exchange: its upstream, and who waits for it to be noted. */
  const open = new Map<number, { readonly upstream: string; noted(): void }>();

  const heard = ({ data }: MessageEvent<FromThread>): void => {
    if (data.say === "state") {
      onTheWay -= data.taken - taken;
      [state, taken, failure] = [data.state, data.taken, undefined];
    } else if (data.say === "noted") {
      open.get(data.number)?.noted();
      open.delete(data.number);
    } else if (data.say === "lost") onLost(data.upstream);
    else if (data.say === "aside") onSetAside(data.aside);
    else closed();
  };

  /** What it had is lost, and the next exchange begins another one. */
  const gone = ({ message }: { readonly message: string }): void => {
    thread?.terminate();
    thread = undefined;
    for (const all of [waiting, copies]) all.length = 0;
    before = {
      ...before,
      written: before.written + state.written,
      lost: before.lost + state.lost + open.size,
    };
    [state, failure, onTheWay, taken] = [NOTHING, message, 0, 0];
    for (const { upstream, noted } of open.values()) {
      onLost(upstream);
      noted();
    }
    open.clear();
    closed();
  };

  const started = (): Worker => {
    const made = new Worker(THREAD);
    made.onmessage = heard;
    made.onerror = gone;
    made.postMessage([{ say: "open", path, content }] satisfies ToThread[]);
    return made;
  };

  /** Several go together, so that the thread does not wake in between, where both want the same core. */
  const say = (message: ToThread): void => {
    if ("number" in message && !open.has(message.number)) return;
    if (waiting.push(message) === 1) setTimeout(flush, TOGETHER_MS);
  };

  const flush = (): void => {
    const [words, bytes] = [waiting.splice(0), copies.splice(0)];
    unharmed(() => thread?.postMessage(words, bytes));
  };

  const unharmed = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      gone({ message: messageOf(error) });
    }
  };

  /** A copy of its own goes, so that what passes is nobody else's. */
  const send = (number: number, bytes: Uint8Array, message: (copy: Uint8Array) => ToThread): void => {
    if (!open.has(number)) return;
    const copy = bytes.slice();
    onTheWay += copy.length;
    copies.push(copy.buffer);
    say(message(copy));
  };

  const fits = (bytes: Uint8Array): boolean => onTheWay + bytes.length <= ON_THE_WAY_MAX;

  return {
    begin(asked, origin) {
      last += 1;
      const number = last;
      const { promise, resolve } = Promise.withResolvers<void>();
      open.set(number, { upstream: origin.upstream ?? "", noted: resolve });
      unharmed(() => {
        thread ??= started();
      });
      say({ say: "begin", number, path: asked, origin });
      return {
        asked(body, bytes) {
          if (body === undefined || !fits(body)) say({ say: "asked", number, body: undefined, bytes });
          else send(number, body, (copy) => ({ say: "asked", number, body: copy, bytes }));
        },
        answered: (head: AnswerHead) => say({ say: "answered", number, head }),
        take(bytes, at = Date.now()) {
          if (fits(bytes)) send(number, bytes, (copy) => ({ say: "take", number, bytes: copy, at }));
          else say({ say: "skip", number, bytes: bytes.length });
        },
        skip: (bytes) => say({ say: "skip", number, bytes }),
        end(ending, ended = Date.now()) {
          say({ say: "end", number, ending, ended });
          return promise;
        },
      };
    },
    state: () => ({
      written: before.written + state.written,
      waiting: state.waiting,
      lost: before.lost + state.lost,
      ...given({ failure: failure ?? state.failure }),
    }),
    async close(limitMs) {
      if (thread === undefined) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      closed = resolve;
      say({ say: "close", limitMs });
      flush();
      await withTimeLimit(() => promise, NEVER, { limitMs: limitMs + LATE_MS }).catch(() => {});
      // One that waits for a disk cannot be ended; then it does not hold the program.
      thread?.unref();
      thread?.terminate();
      thread = undefined;
    },
  };
}
