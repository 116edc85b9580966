/** Runs a plugin in processes of its own through its rules; a process that is lost is a finding, and another one goes on. */
import { OptionsRefused } from "../../host/apart/instance.ts";
import type { Apart } from "../../host/apart/load-apart.ts";
import { BEAT_MS } from "../../host/apart/word.ts";
import { DeclarationError } from "../../host/declaration.ts";
import { strayText, takeStrays } from "../../host/trust/stray-modules.ts";
import { withTimeLimit } from "../../units/time-limit.ts";
import { type Check, type Outcome, runCheck, type Verdict } from "../check.ts";
import { openSubject, type Subject, type Target } from "../subject.ts";
import { requireServer } from "./server-fits.ts";

/** A rule, and the side of the plugin that it is about. */
export interface Planned {
  readonly face: Target["face"];
  readonly check: Check<Subject>;
}

/** A rule's outcome for one side of the plugin. */
export interface Judged extends Outcome {
  readonly face: Target["face"];
}

export interface CheckApart {
  readonly apart: Apart;
  readonly rules: readonly Planned[];
  readonly targetOf: (face: Target["face"]) => Promise<Target>;
  /** A rule may take so long. ms */
  readonly limitMs: number;
  readonly onJudged: (judged: Judged) => void;
  readonly signal: AbortSignal;
}

/** After so many lost processes the rest would only take time. */
const LOST_MAX = 3;
const NOT_RUN = `not run, since the plugin had already been stopped ${LOST_MAX} times`;

/** @throws ServerMisfit, OptionsRefused, or the signal's reason */
export async function checkApart(options: CheckApart): Promise<readonly Judged[]> {
  const judged: Judged[] = [];
  const bench = openBench(options);
  try {
    for (const rule of options.rules) {
      const judge = () => bench.judge(rule);
      // The rule has a time limit of its own.
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

/** Where rules are run: what was opened for one side is used for all of its rules, and opened again when its process is lost. */
function openBench({ apart, targetOf, limitMs }: CheckApart) {
  const subjects = new Map<Target["face"], Promise<Subject>>();
  let stopped = 0;
  const subjectOf = (face: Target["face"]): Promise<Subject> => {
    const subject = subjects.get(face) ?? targetOf(face).then(openSubject);
    subjects.set(face, subject);
    return subject;
  };
  const stop = async (): Promise<void> => {
    for (const subject of subjects.values()) await (await subject).stop();
    subjects.clear();
    await apart.end();
  };
  const judge = async ({ face, check }: Planned): Promise<Outcome> => {
    if (stopped >= LOST_MAX) return notRun(check);
    const before = apart.lost().length;
    const subject = await subjectOf(face);
    const outcome = await runCheck(check, subject, limitMs);
    // Whether it was busy all the time shows a moment later.
    if (outcome.overdue) await Bun.sleep(2 * BEAT_MS);
    const [lost] = apart.lost().slice(before);
    const verdict = lost === undefined ? straying(outcome.verdict) : failed(lost);
    if (lost !== undefined || outcome.overdue) {
      stopped += 1;
      await stop();
    }
    requireOptions(verdict);
    requireServer(subject.target, { ...outcome, verdict });
    return { ...outcome, verdict: redacted(verdict, subject.target) };
  };
  return { judge, stop };
}

const notRun = ({ name, why }: Check<Subject>): Outcome => ({
  name,
  why,
  verdict: { kind: "waived", reason: NOT_RUN },
  ms: 0,
});

const failed = (error: Error): Verdict => ({ kind: "failed", error });

/** What the plugin tried to load besides its files is a breach of every rule, also where it caught the refusal. */
function straying(verdict: Verdict): Verdict {
  const [stray] = takeStrays();
  return stray === undefined ? verdict : failed(new DeclarationError(strayText(stray)));
}

/** With options that the plugin refuses, no rule says anything. */
function requireOptions(verdict: Verdict): void {
  if (verdict.kind === "failed" && verdict.error instanceof OptionsRefused) throw verdict.error;
}

function redacted(verdict: Verdict, { redact = String }: Target): Verdict {
  if (verdict.kind === "passed") return verdict;
  if (verdict.kind === "waived") return { ...verdict, reason: redact(verdict.reason) };
  return failed(new Error(redact(verdict.error.message)));
}
