/** What to request instead when the server could not answer: fewer entries, then a shorter range. */
import { halves, PluginError, type Step } from "contextcore";
import { type ReadCursor, readCursor } from "./cursor.ts";
import { entriesLimit, wantsLess } from "./refusal.ts";

/** After a timeout, fewer entries than this would not help. */
const LIMIT_MIN = 16;

/** After this many reductions the server itself is assumed to be in trouble: the engine then waits and retries. */
const TIMES_MAX = 6;

/** @throws the error, if asking for less makes no sense */
export function narrow(cursor: ReadCursor, error: unknown): Step {
  const most = entriesLimit(error);
  if (most !== undefined && most < cursor.limit) {
    return { next: [readCursor({ ...cursor, limit: Math.max(1, most), most: Math.max(1, most) })] };
  }
  if (!wantsLess(error)) throw error;
  // Without a status, it was the client that refused to read further.
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

/** Asking for less did not help, so the server itself is slow now. */
function asTemporary(error: PluginError): PluginError {
  const { message, status, timedOut, retryAfterMs, hint } = error;
  return new PluginError("temporary", message, { status, timedOut, retryAfterMs, hint, cause: error });
}
