/** What Loki's plain-text errors mean, since statuses alone do not say. Source: pkg/util/server/error.go, pkg/validation. */
import { isKind, PluginError, type PluginErrorOptions } from "contextcore";

/** The text that refuses a query over more time than `max_query_length`. */
const TOO_LONG = /query time range exceeds the limit/i;

/** Other texts of a 4xx or 5xx which say that less would have worked. */
const TOO_LARGE =
  /ResourceExhausted|message larger than max|would read too many bytes|request timed out|context deadline exceeded|DeadlineExceeded/i;

/** Classifies the error by the server's text; errors that are not classified stay as they are. */
export function classify(error: unknown): unknown {
  if (!(error instanceof PluginError)) return error;
  if (error.status === 504 || TOO_LARGE.test(error.message) || TOO_LONG.test(error.message))
    return as(error, "too-large");
  // The server cancelled the call, or is shutting down.
  if (error.status === 499) return as(error, "temporary");
  if (/maximum active stream limit exceeded/.test(error.message)) {
    return as(error, "refused", "Raise `limits_config.max_global_streams_per_user` on the server.");
  }
  return error;
}

function as(error: PluginError, kind: PluginError["kind"], hint = error.hint): PluginError {
  const { status, retryAfterMs, timedOut } = error;
  const options: PluginErrorOptions = { status, retryAfterMs, timedOut, hint, cause: error };
  return new PluginError(kind, error.message, options);
}

/** True when the server says that a smaller request would work: the answer was too large, or the query took too long. */
export const wantsLess = (error: unknown): error is PluginError => isKind(error, "too-large");

/** True when the server says that the query's range is longer than `max_query_length`. */
export const spansTooMuch = (error: unknown): boolean => wantsLess(error) && TOO_LONG.test(error.message);

/** True when a line claims that a parser failed on it, so that the server counts nothing (pkg/logqlmodel/error.go). */
export const isPipelineError = (error: unknown): boolean =>
  error instanceof PluginError && error.status === 400 && /pipeline error: '/.test(error.message);

/** `max_entries_limit_per_query`, if that was the reason. */
export function entriesLimit(error: unknown): number | undefined {
  if (!(error instanceof PluginError)) return undefined;
  const found = /max entries limit per query exceeded.*\(\d+ > (\d+)\)/.exec(error.message)?.[1];
  return found === undefined ? undefined : Number(found);
}
