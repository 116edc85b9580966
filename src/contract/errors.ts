import { given } from "../units/given.ts";

/**
 * The kind of a failure. The engine decides what to do from this alone.
 * - `temporary`: the same call may work later (429, 5xx, connection refused, truncated body). The engine retries it; a step
 *   that fails on every attempt is split, if its plugin can.
 * - `too-large`: the answer or the work was too much (413, a query time limit). The step is split.
 * - `refused`: the server will not do it (401, 403, a disabled feature). Neither retried nor split.
 * - `not-found`: the thing asked for does not exist (404). Neither retried nor split.
 * - `invalid`: the call or the answer makes no sense (400, HTML instead of JSON). Not retried; the step is split.
 */
export type ErrorKind = "temporary" | "too-large" | "refused" | "not-found" | "invalid";

/** What else is known of a failure. */
export interface PluginErrorOptions {
  /** What the reader can do about it, in one sentence. */
  readonly hint?: string | undefined;
  /** How long the server asked us to wait, ms. */
  readonly retryAfterMs?: number | undefined;
  /** True when one of our own time limits ended the call. */
  readonly timedOut?: boolean;
  /**
   * True when nobody answered: nothing listens there, or the host name is unknown. The engine waits for a server that had
   * answered before.
   */
  readonly absent?: boolean;
  /** The HTTP status, where there was one. */
  readonly status?: number | undefined;
  readonly cause?: unknown;
}

/** An error that a plugin has classified. Its message names the server and the path, never a secret or a query. */
export class PluginError extends Error {
  override readonly name = "PluginError";
  readonly kind: ErrorKind;
  readonly hint: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly timedOut: boolean;
  readonly absent: boolean;
  readonly status: number | undefined;

  constructor(kind: ErrorKind, message: string, options: PluginErrorOptions = {}) {
    super(message, given({ cause: options.cause }));
    this.kind = kind;
    this.hint = options.hint;
    this.retryAfterMs = options.retryAfterMs;
    this.timedOut = options.timedOut ?? false;
    this.absent = options.absent ?? false;
    this.status = options.status;
  }
}

/** True when `error` was classified as one of these kinds. */
export const isKind = (error: unknown, ...kinds: ErrorKind[]): error is PluginError =>
  error instanceof PluginError && kinds.includes(error.kind);

/** True when the server says that it is overloaded: by its status, or by a time after which to come again. */
export const isOverload = (error: unknown): error is PluginError =>
  error instanceof PluginError &&
  (error.status === 429 || error.status === 503 || error.retryAfterMs !== undefined);

/**
 * True when the server is up and not overloaded, but this one call fails (500), for example because of a damaged chunk. The
 * server's other data may still be readable.
 * @param other statuses with which this kind of server reports the same
 */
export const isFault = (error: unknown, ...further: readonly number[]): error is PluginError =>
  isKind(error, "temporary", "invalid") &&
  [500, ...further].some((status) => status === error.status) &&
  !isOverload(error);

/**
 * True when an error concerns this one call: the server is up, is not overloaded and does not refuse. Another call, or one
 * that asks for less, may succeed. Wider than {@link isFault}: it includes calls that took too long and answers that make no
 * sense.
 */
export const isOfThisCall = (error: unknown): error is PluginError =>
  isKind(error, "temporary", "too-large", "invalid") && !error.absent && !isOverload(error);

/** The call's result; `undefined` if it fails with an error of one of these kinds. */
export async function undefinedOn<Value>(
  call: Promise<Value>,
  ...kinds: ErrorKind[]
): Promise<Value | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isKind(error, ...kinds)) return undefined;
    throw error;
  }
}
