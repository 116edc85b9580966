import { asError } from "../units/message-of.ts";
import { withTimeLimit } from "../units/time-limit.ts";

/**
 * A contract rule as runnable code. Our tests run the suite through `bun:test`, and `contextcore plugin check` runs it from the
 * command line.
 */
export interface Check<Subject> {
  /** A few words with dashes: the name for `--rule`, and of a failure. */
  readonly name: string;
  /** Why the rule exists, in one sentence. */
  readonly why: string;
  /** Why the rule does not apply to this subject; `undefined` when it does. */
  readonly waived?: (subject: Subject) => string | undefined | Promise<string | undefined>;
  /** @throws what is wrong */
  readonly run: (subject: Subject) => Promise<void>;
}

/** The plugin breaks a rule; the message says how it showed. */
export class Nonconformance extends Error {
  override readonly name = "Nonconformance";
}

/** @throws Nonconformance */
export function require(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Nonconformance(message);
}

/** `waived`: the rule has nothing to say of this plugin, and the reason says why. */
export type CheckVerdict =
  | { readonly kind: "passed" }
  | { readonly kind: "waived"; readonly reason: string }
  | { readonly kind: "failed"; readonly error: Error };

/** How the check of one rule ended, and how long it took (ms). */
export interface CheckOutcome {
  readonly name: string;
  readonly why: string;
  readonly verdict: CheckVerdict;
  readonly ms: number;
  /** It was abandoned while still running. */
  readonly overdue?: boolean;
}

/** A rule that takes longer than this counts as hanging. ms */
export const CHECK_LIMIT_MS = 120_000;

/** Runs one rule. Anything that goes wrong becomes its verdict. */
export async function runCheck<Subject>(
  check: Check<Subject>,
  subject: Subject,
  limitMs = CHECK_LIMIT_MS,
): Promise<CheckOutcome> {
  const began = performance.now();
  const verdict = await verdictOf(check, subject, limitMs);
  const overdue = verdict.kind === "failed" && verdict.error instanceof Overdue;
  return { name: check.name, why: check.why, verdict, ms: performance.now() - began, overdue };
}

/** The whole rule ran out of time. */
class Overdue extends Nonconformance {}

async function verdictOf<Subject>(
  check: Check<Subject>,
  subject: Subject,
  limitMs: number,
): Promise<CheckVerdict> {
  try {
    const late = () =>
      new Overdue(`the rule was not done within ${limitMs / 1000} s: something never resolves`);
    return await withTimeLimit(() => judge(check, subject), undefined, { limitMs, late });
  } catch (error) {
    return { kind: "failed", error: asError(error) };
  }
}

async function judge<Subject>(check: Check<Subject>, subject: Subject): Promise<CheckVerdict> {
  const reason = await check.waived?.(subject);
  if (reason !== undefined) return { kind: "waived", reason };
  await check.run(subject);
  return { kind: "passed" };
}

/** @throws Nonconformance when the work takes longer than `ms` */
export const within = <Result>(ms: number, work: Promise<Result>, what: string): Promise<Result> =>
  withTimeLimit(() => work, undefined, {
    limitMs: ms,
    late: () => new Nonconformance(`${what} within ${ms / 1000} s`),
  });
