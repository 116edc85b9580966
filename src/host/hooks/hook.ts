/** Calls one hook of a plugin: the caller always gets an answer of the right shape, or an error that names the plugin. */
import type * as v from "valibot";
import { type ErrorKind, PluginError } from "../../contract/errors.ts";
import { formatDuration } from "../../units/duration.ts";
import { withTimeLimit } from "../../units/time-limit.ts";
import { answerObjection } from "./answers.ts";

/** How long to wait for a plugin that ignores its signal, ms. */
const GRACE_MS = 1_000;

/** The hook that is called, how long it may take (ms), and what to make of what it answers. */
export interface HookCall {
  readonly plugin: string;
  readonly hook: string;
  readonly limitMs: number;
  /** Checks the answer. */
  readonly answer: v.GenericSchema;
  /** Redacts the plugin's secrets in its messages. */
  readonly redact: (text: string) => string;
}

/**
 * @throws PluginError classified by the plugin, or `invalid` for anything else it throws or answers, or `temporary` with
 * `timedOut` when it takes longer than its limit; the caller's own reason when the caller cancels
 */
export async function callHook<Result>(
  hook: HookCall,
  caller: AbortSignal,
  call: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  caller.throwIfAborted();
  const limit = { limitMs: hook.limitMs, graceMs: GRACE_MS, late: () => overdue(hook) };
  try {
    return checked(hook, await withTimeLimit(call, caller, limit));
  } catch (error) {
    throw caller.aborted && !(error instanceof HookDefect) ? caller.reason : named(hook, error);
  }
}

const overdue = ({ plugin, hook, limitMs }: HookCall): PluginError =>
  new PluginError(
    "temporary",
    `${plugin}: ${hook} took longer than ${formatDuration(BigInt(limitMs) * 1_000_000n)}`,
    {
      timedOut: true,
      hint: "Its server hangs, or the plugin does not pass the signal on to what it waits for.",
    },
  );

/** The plugin's own fault, not its server's. */
export class HookDefect extends PluginError {
  constructor(message: string, cause?: unknown, kind: ErrorKind = "invalid") {
    super(kind, message, {
      cause,
      hint: "This is a defect of the plugin: `contextcore plugin check` shows more.",
    });
  }
}

function checked<Result>(hook: HookCall, answer: Result): Result {
  const objection = answerObjection(hook.answer, answer);
  if (objection === undefined) return answer;
  throw new HookDefect(hook.redact(`${hook.plugin}: ${hook.hook} gave a wrong answer: ${objection}`));
}

/** Classifies every error, adds the plugin's name and redacts its secrets. */
function named({ plugin, hook, redact }: HookCall, error: unknown): PluginError {
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

/** `--debug` shows a cause; one that contains a secret is dropped. */
function clean(cause: unknown, redact: (text: string) => string): unknown {
  const shown = cause instanceof Error ? `${cause.message}\n${cause.stack}` : String(cause);
  return redact(shown) === shown ? cause : undefined;
}

const textOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
