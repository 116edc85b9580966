/** Calls one hook of a plugin: whatever it does, the caller gets an answer of the right shape or an error with its name. */
import type * as v from "valibot";
import { type ErrorKind, PluginError } from "../contract/errors.ts";
import { formatDuration } from "../units/duration.ts";
import { answerObjection } from "./answers.ts";

/** How long a plugin that ignores a cancellation is waited for, ms. */
const CANCEL_GRACE_MS = 1_000;

export interface Hook {
  readonly plugin: string;
  readonly hook: string;
  readonly limitMs: number;
  /** Checks the answer. */
  readonly answer: v.GenericSchema;
  /** Blots the plugin's secrets out of its messages. */
  readonly redact: (text: string) => string;
}

/**
 * @throws PluginError classified by the plugin, or `invalid` for anything else it throws or answers, or `temporary` with
 * `timedOut` when it takes longer than its limit; the caller's own reason when the caller cancels
 */
export async function callHook<Result>(
  hook: Hook,
  caller: AbortSignal,
  call: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  caller.throwIfAborted();
  const controller = new AbortController();
  const forward = (): void => controller.abort(caller.reason);
  caller.addEventListener("abort", forward, { once: true });
  const ends = waiting(hook, caller, controller);
  try {
    const started = (async () => call(controller.signal))();
    const answer = await Promise.race([started, ends.promise]);
    return checked(hook, answer);
  } catch (error) {
    throw caller.aborted && !(error instanceof HookDefect) ? caller.reason : named(hook, error);
  } finally {
    ends.stop();
    caller.removeEventListener("abort", forward);
  }
}

/** Rejects when the time is over, or a little after the caller gave up. */
function waiting(hook: Hook, caller: AbortSignal, controller: AbortController) {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  let grace: Timer | undefined;
  const giveUp = (): void => {
    grace = setTimeout(() => reject(caller.reason), CANCEL_GRACE_MS);
  };
  caller.addEventListener("abort", giveUp, { once: true });
  const limit = setTimeout(() => {
    const error = overdue(hook);
    reject(error);
    controller.abort(error);
  }, hook.limitMs);
  const stop = (): void => {
    clearTimeout(limit);
    clearTimeout(grace);
    caller.removeEventListener("abort", giveUp);
  };
  return { promise, stop };
}

const overdue = ({ plugin, hook, limitMs }: Hook): PluginError =>
  new PluginError(
    "temporary",
    `${plugin}: ${hook} took longer than ${formatDuration(BigInt(limitMs) * 1_000_000n)}`,
    {
      timedOut: true,
      hint: "Its server hangs, or the plugin does not pass the signal on to what it waits for.",
    },
  );

/** What the plugin did, not what its server did. */
export class HookDefect extends PluginError {
  constructor(message: string, cause?: unknown, kind: ErrorKind = "invalid") {
    super(kind, message, {
      cause,
      hint: "This is a defect of the plugin: `contextcore plugin check` shows more.",
    });
  }
}

function checked<Result>(hook: Hook, answer: Result): Result {
  const objection = answerObjection(hook.answer, answer);
  if (objection === undefined) return answer;
  throw new HookDefect(
    hook.redact(`${hook.plugin}: ${hook.hook} gave an answer that does not fit: ${objection}`),
  );
}

/** Every error with the plugin's name in it, classified, without its secrets. */
function named({ plugin, hook, redact }: Hook, error: unknown): PluginError {
  if (!(error instanceof PluginError)) {
    return new HookDefect(redact(`${plugin}: ${hook} failed: ${textOf(error)}`), clean(error, redact));
  }
  const { kind, hint, retryAfterMs, timedOut, absent, status, cause } = error;
  const message = redact(error.message.includes(plugin) ? error.message : `${plugin}: ${error.message}`);
  if (message === error.message && redact(hint ?? "") === (hint ?? "") && clean(cause, redact) === cause)
    return error;
  return new PluginError(kind, message, {
    hint: hint === undefined ? undefined : redact(hint),
    retryAfterMs,
    timedOut,
    absent,
    status,
    cause: clean(cause, redact),
  });
}

/** A cause is shown with `--debug`; one that tells a secret is left out. */
function clean(cause: unknown, redact: (text: string) => string): unknown {
  const shown = cause instanceof Error ? `${cause.message}\n${cause.stack}` : String(cause);
  return redact(shown) === shown ? cause : undefined;
}

const textOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
