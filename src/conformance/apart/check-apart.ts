/**
 * Checks a plugin against its rules in separate processes. A process that is lost becomes a finding, and a new one takes over.
 */

import type { Apart } from "../../host/apart/load-apart.ts";
import { OptionsRefused } from "../../host/apart/options-refused.ts";
import { BEAT_MS } from "../../host/apart/word.ts";
import { DeclarationError } from "../../host/plugin/declaration.ts";
import { strayText, takeStrays } from "../../host/trust/stray-modules.ts";
import { given } from "../../units/given.ts";
import { withTimeLimit } from "../../units/time-limit.ts";
import { type Check, type CheckOutcome, type CheckVerdict, runCheck } from "../check.ts";
import { type CheckTarget, openSubject, type Subject } from "../subject.ts";
import { requireServer } from "./server-fits.ts";

/** A rule, and the side of the plugin that it concerns. */
export interface PlannedRule {
  readonly face: CheckTarget["face"];
  readonly check: Check<Subject>;
}

/** A rule's outcome for one side of the plugin. */
export interface Judged extends CheckOutcome {
  readonly face: CheckTarget["face"];
  /** The rule that has already told of the very error by which this one is broken. */
  readonly sameAs?: string;
}

interface CheckApart {
  readonly apart: Apart;
  readonly rules: readonly PlannedRule[];
  readonly targetOf: (face: CheckTarget["face"]) => Promise<CheckTarget>;
  /** Time limit for one rule, ms. */
  readonly limitMs: number;
  readonly onJudged: (judged: Judged) => void;
  readonly signal: AbortSignal;
}

/** After this many lost processes, running the remaining rules would only take time. */
const LOST_MAX = 3;
const NOT_RUN = `not run, since the plugin had already been stopped ${LOST_MAX} times`;

/** @throws ServerMisfit, OptionsRefused, or the signal's reason */
export async function checkApart(options: CheckApart): Promise<readonly Judged[]> {
  const judged: Judged[] = [];
  const bench = openBench(options);
  try {
    for (const rule of options.rules) {
      const judge = () => bench.judge(rule);
      // Each rule has its own time limit.
      const judgement = await withTimeLimit(judge, options.signal, { limitMs: Number.POSITIVE_INFINITY });
      const outcome = { face: rule.face, ...judgement };
      judged.push(outcome);
      options.onJudged(outcome);
    }
    return judged;
  } finally {
    await bench.stop();
  }
}

/** Where rules run: a side is opened once for all of its rules, and again only when its process is lost. */
function openBench({ apart, targetOf, limitMs }: CheckApart) {
  const subjects = new Map<CheckTarget["face"], Promise<Subject>>();
  let stopped = 0;
  const told = new WeakMap<Error, string>();
  const subjectOf = (face: CheckTarget["face"]): Promise<Subject> => {
    const subject = subjects.get(face) ?? targetOf(face).then(openSubject);
    subjects.set(face, subject);
    return subject;
  };
  const stop = async (): Promise<void> => {
    for (const subject of subjects.values()) await (await subject).stop();
    subjects.clear();
    await apart.end();
  };
  const judge = async ({ face, check }: PlannedRule): Promise<Omit<Judged, "face">> => {
    if (stopped >= LOST_MAX) return notRun(check);
    const before = apart.lost().length;
    const subject = await subjectOf(face);
    const outcome = await runCheck(check, subject, limitMs);
    // It takes a moment to see whether the process was busy all the time.
    if (outcome.overdue) await Bun.sleep(2 * BEAT_MS);
    const [lost] = apart.lost().slice(before);
    const verdict = lost === undefined ? straying(outcome.verdict) : failed(lost);
    if (lost !== undefined || outcome.overdue) {
      stopped += 1;
      await stop();
    }
    requireOptions(verdict);
    requireServer(subject.target, { ...outcome, verdict });
    const sameAs = verdict.kind === "failed" ? told.get(verdict.error) : undefined;
    if (verdict.kind === "failed" && sameAs === undefined) told.set(verdict.error, check.name);
    return { ...outcome, verdict: redacted(verdict, subject.target), ...given({ sameAs }) };
  };
  return { judge, stop };
}

const notRun = ({ name, why }: Check<Subject>): CheckOutcome => ({
  name,
  why,
  verdict: { kind: "waived", reason: NOT_RUN },
  ms: 0,
});

const failed = (error: Error): CheckVerdict => ({ kind: "failed", error });

/** If the plugin tried to load anything besides its files, every rule counts as broken, even if it caught the refusal. */
function straying(verdict: CheckVerdict): CheckVerdict {
  const [stray] = takeStrays();
  return stray === undefined ? verdict : failed(new DeclarationError(strayText(stray)));
}

/** If the plugin refuses its options, no rule means anything. */
function requireOptions(verdict: CheckVerdict): void {
  if (verdict.kind === "failed" && verdict.error instanceof OptionsRefused) throw verdict.error;
}

function redacted(verdict: CheckVerdict, { redact = String }: CheckTarget): CheckVerdict {
  if (verdict.kind === "passed") return verdict;
  if (verdict.kind === "waived") return { ...verdict, reason: redact(verdict.reason) };
  return failed(new Error(redact(verdict.error.message)));
}
