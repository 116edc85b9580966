/** What to ask for instead when the server could not answer: fewer entries, then a shorter range. */
import { halves, PluginError, type Step } from "contextcore";
import { type ReadCursor, readCursor } from "./cursor.ts";
import { entriesLimit, wantsLess } from "./refusal.ts";

/** Where time was the trouble, fewer entries than this would not help. */
const LIMIT_MIN = 16;

/** So often a range is cut before the server's trouble counts as one of its own: then the engine waits and tries again. */
const TIMES_MAX = 6;

/** @throws the error, where asking for less makes no sense */
export function narrow(cursor: ReadCursor, error: unknown): Step {
  const most = entriesLimit(error);
  if (most !== undefined && most < cursor.limit) {
    return { next: [readCursor({ ...cursor, limit: Math.max(1, most), most: Math.max(1, most) })] };
  }
  if (!wantsLess(error)) throw error;
  // Without a status it was the client that took no more of the answer.
  const isUntaken = error.status === undefined && !error.timedOut;
  const isSize = isUntaken || /ResourceExhausted|larger than max/.test(error.message);
  if (isSize && cursor.limit > 1) return { next: [readCursor({ ...cursor, limit: cursor.limit >> 1 })] };
  const range = { from: cursor.from, to: cursor.to };
  const parts = halves(range);
  if (parts === undefined && isSize) {
    return {
      problems: [{ kind: "incomplete", reason: `a line could not be read: ${error.message}`, range }],
    };
  }
  const narrowed = cursor.narrowed + 1;
  if (parts === undefined || (!isSize && narrowed > TIMES_MAX)) throw asTemporary(error);
  const limit = isSize ? cursor.limit : Math.max(LIMIT_MIN, cursor.limit >> 1);
  return { next: parts.map((part) => readCursor({ ...cursor, ...part, limit, narrowed })) };
}

/** Asking for less did not help, so it is the server that is slow now. */
function asTemporary(error: PluginError): PluginError {
  const { message, status, timedOut, retryAfterMs, hint } = error;
  return new PluginError("temporary", message, { status, timedOut, retryAfterMs, hint, cause: error });
}
