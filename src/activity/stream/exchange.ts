/** What passes between a caller and a model, read beside it: the request, and the answer as its bytes go by. */
import { LOOKED_AT_MAX } from "../content/keep.ts";
import type { Asked, ModelAnswer } from "../format/run.ts";
import { messages } from "./anthropic.ts";
import type { Allowance } from "./assembly.ts";
import { chat } from "./chat.ts";
import type { Dialect } from "./dialect.ts";
import { embeddings } from "./embeddings.ts";
import { createEventReader } from "./events.ts";
import { parsed } from "./fields.ts";
import { responses } from "./responses.ts";

/** By the end of a request's path. */
const DIALECTS: Readonly<Record<string, Dialect>> = {
  "/chat/completions": chat,
  "/responses": responses,
  "/messages": messages,
  "/embeddings": embeddings,
};

/** How a request to this path is read; `undefined` for one that asks no model, such as for a list of models. */
export const dialectOf = (path: string): Dialect | undefined =>
  Object.entries(DIALECTS).find(([end]) => path.endsWith(end))?.[1];

/** An answer that passes. */
export interface AnswerReader {
  /** The next bytes, as they were before any compression. They are not kept. */
  take(bytes: Uint8Array): void;
  /** No more will come, at its end or before. */
  end(): AnswerRead;
}

/** What was read of an answer. */
export interface AnswerRead extends ModelAnswer {
  /** Whether it came to the end that its interface has. */
  readonly isWhole: boolean;
  /** How much of it was left out of what is kept, in bytes of text. */
  readonly cutBytes: number;
}

/** An answer that comes at once is read up to this size; of a larger one only its size is known. Bytes */
const BODY_MAX = 16 << 20;

/** What the body of a request says; nothing of it need be JSON. */
export function readAsked(dialect: Dialect, body: string): Asked {
  const json = parsed(body);
  return json === undefined ? { input: [], isStream: false } : dialect.asked(json);
}

/** @param mediaType of the answer, such as `text/event-stream; charset=utf-8` */
export const readAnswer = (dialect: Dialect, mediaType: string): AnswerReader =>
  /^text\/event-stream\b/i.test(mediaType) && dialect.stream !== undefined
    ? readStream(dialect.stream)
    : readBody(dialect);

function readStream(stream: NonNullable<Dialect["stream"]>): AnswerReader {
  const allowance = createAllowance(LOOKED_AT_MAX);
  const answer = stream(allowance);
  const events = createEventReader((event) => answer.take(event, parsed(event.data)));
  return {
    take: events.push,
    end() {
      events.end();
      return { ...answer.answer(), isWhole: answer.isWhole(), cutBytes: allowance.cut() };
    },
  };
}

function readBody(dialect: Dialect): AnswerReader {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  return {
    take(piece) {
      bytes += piece.length;
      // The caller's memory may be used again for the next piece.
      if (bytes <= BODY_MAX) pieces.push(piece.slice());
      else pieces.length = 0;
    },
    end() {
      if (bytes > BODY_MAX) return { ...NOTHING, isWhole: false, cutBytes: bytes };
      const json = parsed(Buffer.concat(pieces).toString());
      return {
        ...(json === undefined ? NOTHING : dialect.answered(json)),
        isWhole: json !== undefined,
        cutBytes: 0,
      };
    },
  };
}

const NOTHING: ModelAnswer = { output: [], tokens: {} };

function createAllowance(most: number): Allowance & { cut(): number } {
  let [left, cut] = [most, 0];
  return {
    take(text) {
      const kept = text.length <= left ? text : text.slice(0, left);
      left -= kept.length;
      if (kept.length < text.length) cut += Buffer.byteLength(text.slice(kept.length));
      return kept;
    },
    cut: () => cut,
  };
}
