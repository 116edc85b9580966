/** Notes what passes, beside it: whoever waits for bytes does not wait for this. */
import type { ActivityLog, NewRun, OpenRun, RunEnded } from "../../activity/log.ts";
import { outcomeOf } from "../../activity/outcome.ts";
import type { Dialect } from "../../activity/stream/dialect.ts";
import { type AnswerRead, type AnswerReader, readAnswer, readAsked } from "../../activity/stream/exchange.ts";
import { createInflater, type Inflater } from "./inflate.ts";

/** How an exchange ended: three things that are different to whoever looks for what went wrong. */
export type PassageEnd =
  /** The answer came to its end. */
  | { readonly how: "passed" }
  /** The caller left. */
  | { readonly how: "left" }
  /** The service stops, and the time that answers had is over. */
  | { readonly how: "stopped" }
  /** The upstream could not be reached, was silent for too long, or broke off. */
  | { readonly how: "failed"; readonly class: string; readonly text: string };

/** What the upstream says before its answer. */
export interface AnswerHead {
  readonly status: number;
  readonly statusText: string;
  readonly mediaType: string;
  /** Its Content-Encoding. */
  readonly coding: string | null;
}

/** One request and its answer. Nothing here throws. */
export interface Exchange {
  /** @param body what was sent, if it was small enough to be read @param bytes of it */
  asked(body: Uint8Array | undefined, bytes: number): void;
  answered(head: AnswerHead): void;
  /** @param at ms since 1970; default: now */
  take(bytes: Uint8Array, at?: number): void;
  /** So many bytes of the answer are not read. */
  skip(bytes: number): void;
  /** The first end counts. @param ended ms since 1970; default: now @returns when all that passed is noted */
  end(ending: PassageEnd, ended?: number): Promise<void>;
}

/** What is known of it beforehand. */
export type Origin = Omit<NewRun, "asked" | "operation" | "source" | "id">;

/** Begins to note. */
export function recordExchange(log: ActivityLog, dialect: Dialect, origin: Origin): Exchange {
  let run: OpenRun | undefined;
  let [head, reader, inflater]: [AnswerHead?, AnswerReader?, Inflater?] = [];
  /** Bytes of a request that was too large to be read, and of an answer that was not read, such as in an unknown coding. */
  let [unread, skipped] = [0, 0];
  let isEnded = false;
  const later = createSequence();

  /** Whether what was not read has come to its end is what HTTP says. */
  const readOf = (ending: PassageEnd): AnswerRead | undefined => {
    const read = reader?.end();
    if (read === undefined || skipped === 0) return read;
    return { ...read, isWhole: ending.how === "passed", cutBytes: read.cutBytes + skipped };
  };

  const endOf = (ending: PassageEnd): RunEnded => {
    const read = readOf(ending);
    if (ending.how === "failed" || head === undefined || read === undefined) return withoutEnd(ending, read);
    const outcome = outcomeOf(head, read);
    // Who leaves with the whole answer has not broken anything off.
    return ending.how === "passed" || read.isWhole ? outcome : withoutEnd(ending, read);
  };

  return {
    asked(body, bytes) {
      if (body === undefined) unread = bytes;
      later(() => {
        const asked = readAsked(dialect, body === undefined ? "" : Buffer.from(body).toString());
        run = log.begin({ ...origin, source: "relay", operation: dialect.call, asked });
      });
    },
    answered(given) {
      head = given;
      reader = readAnswer(dialect, given.mediaType);
      inflater = createInflater(given.coding, reader.take);
    },
    take(bytes, at = Date.now()) {
      later(() => {
        run?.firstChunk(at);
        if (inflater === undefined) skipped += bytes.length;
        else inflater.take(bytes);
      });
    },
    skip(bytes) {
      later(() => {
        skipped += bytes;
      });
    },
    async end(ending, ended = Date.now()) {
      if (isEnded) return;
      isEnded = true;
      await later(async () => {
        await inflater?.end();
        const { cutBytes = 0, ...end } = endOf(ending);
        run?.end({ ...end, ended, cutBytes: cutBytes + unread });
      });
    },
  };
}

const NOT_ENDED = { left: "cancelled", stopped: "interrupted" } as const;

function withoutEnd(ending: PassageEnd, read: ReturnType<AnswerReader["end"]> | undefined): RunEnded {
  const { isWhole: _, cutBytes = 0, ...answer } = read ?? { isWhole: false, output: [], tokens: {} };
  const said = { answer, cutBytes };
  if (ending.how === "failed")
    return { ...said, status: "error", error: { class: ending.class, text: ending.text } };
  return { ...said, status: ending.how === "passed" ? "ok" : NOT_ENDED[ending.how] };
}

/** Work that is done one after the other, once bytes that wait have gone on. What fails of it is nobody's concern but ours. */
function createSequence(): (work: () => void | Promise<void>) => Promise<void> {
  let last: Promise<void> | undefined;
  return (work) => {
    const turn = last ?? new Promise((resolve) => setImmediate(resolve));
    const mine = turn.then(work).catch(() => {});
    last = mine;
    void mine.then(() => {
      if (last === mine) last = undefined;
    });
    return mine;
  };
}
