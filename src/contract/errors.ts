/**
 * What kind of failure it is; the engine decides from this alone what to do next.
 * - `temporary`: the same call may work later (429, 5xx, refused connection, cut body). It is tried again; a step that fails
 *   as often as it is tried is split, where its plugin can.
 * - `too-large`: the answer or the work was too much (413, time limit of a query). A step is split.
 * - `refused`: the server will not (401, 403, a disabled feature), whatever is asked. Neither tried again nor split.
 * - `not-found`: what was asked for is not there (404). Neither tried again nor split.
 * - `invalid`: the call or the answer makes no sense (400, HTML instead of JSON). Not tried again; a step is split.
 */
export type ErrorKind = "temporary" | "too-large" | "refused" | "not-found" | "invalid";

export interface PluginErrorOptions {
  /** What the reader can do about it, one sentence. */
  readonly hint?: string | undefined;
  /** How long the server asked us to wait, ms. */
  readonly retryAfterMs?: number | undefined;
  /** True when a time limit of ours ended the call. */
  readonly timedOut?: boolean;
  /** True when nobody answered: nothing listens there, or its name is not known. A server that was there may come back. */
  readonly absent?: boolean;
  /** The HTTP status, where there was one. */
  readonly status?: number | undefined;
  readonly cause?: unknown;
}

/** An error that a plugin has classified. Messages name the server and the path, never a secret or a query. */
export class PluginError extends Error {
  override readonly name = "PluginError";
  readonly kind: ErrorKind;
  readonly hint: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly timedOut: boolean;
  readonly absent: boolean;
  readonly status: number | undefined;

  constructor(kind: ErrorKind, message: string, options: PluginErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
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
