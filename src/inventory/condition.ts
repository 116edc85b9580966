/** The condition of a backend that could not report its contents, and what to do about it. */

import { isKind, isOverload, PluginError } from "../contract/errors.ts";
import { HookDefect } from "../host/hooks/hook.ts";

/**
 * - `unreachable`: no answer came (refused connection, time limit, an answer that broke off).
 * - `refused`: it answered that it will not (401, 403).
 * - `overloaded`: it answered that it has too much to do, or has not started yet (429, 503).
 * - `failing`: it answered that it has a fault of its own (5xx).
 * - `unexpected`: it answered what such a server does not answer (404, a web page, something that is not JSON).
 * - `failed`: the fault is on our side: the plugin could not be opened, or does what it may not.
 */
export const CONDITIONS = [
  "unreachable",
  "refused",
  "overloaded",
  "failing",
  "unexpected",
  "failed",
] as const;
/** One of {@link CONDITIONS}. */
export type Condition = (typeof CONDITIONS)[number];

const PUT_OFF = new Set([408, 425]);

/** The condition that an inventory's error indicates. */
export function conditionOf(error: Error): Condition {
  if (isKind(error, "refused")) return "refused";
  if (!(error instanceof PluginError) || error instanceof HookDefect) return "failed";
  const { status, kind, cause } = error;
  if (isOverload(error) || (status !== undefined && PUT_OFF.has(status))) return "overloaded";
  if (status !== undefined) return status >= 500 ? "failing" : "unexpected";
  if (cause instanceof SyntaxError) return "unexpected";
  if (kind === "temporary" || kind === "too-large") return "unreachable";
  // An answer of the wrong shape has no cause; a bad certificate or address has one.
  return cause === undefined ? "unexpected" : "failed";
}

/** Statuses by which a server says that it does not know us, or that we may not. */
const UNAUTHORIZED = new Set([401, 403]);

/** The condition in words: `answers, but not as loki does`. */
export function conditionText({
  state,
  name,
  error,
}: {
  readonly state: Condition;
  readonly name: string;
  readonly error: Error;
}): string {
  if (state === "unexpected") return `answers, but not as ${name} does`;
  const isUnauthorized = error instanceof PluginError && UNAUTHORIZED.has(error.status ?? 0);
  if (state === "refused" && isUnauthorized) return "unauthorized";
  return state === "failing" ? "answers, but fails" : state;
}

/** What to do, unless the error itself says it better. @param open what could be opened; without a URL, none is mentioned */
export function adviceFor(
  condition: Condition,
  { name, open }: { readonly name: string; readonly open?: { readonly url?: string } },
): string | undefined {
  if (open?.url === undefined) return WITHOUT_URL[condition];
  const url = `backends.${name}.url`;
  const ADVICE: Readonly<Partial<Record<Condition, string>>> = {
    unreachable: `Is the server running, and is ${url} right?`,
    overloaded: "It has too much to do or is still starting: wait, or ask for less with export.concurrency.",
    failing: "It is running and has a fault of its own: look at its log, or at that of a proxy before it.",
    unexpected: `Is ${url} this server itself, with its path, and not a proxy, a login page or another server?`,
  };
  return ADVICE[condition];
}

const WITHOUT_URL: Readonly<Partial<Record<Condition, string>>> = {
  unreachable: "The plugin waits for something that does not answer, or runs in a loop.",
  overloaded: "It has too much to do or is still starting: wait, or ask for less with export.concurrency.",
  failing: "What the plugin asks has a fault of its own: look at its log.",
};
