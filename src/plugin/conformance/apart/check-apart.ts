/** Runs a plugin through its rules in a child process; one that is lost is a finding, and another one goes on. */
import type * as v from "valibot";
import type { Outcome, Verdict } from "../check.ts";
import type { Target } from "../subject.ts";
import { type Child, LostChild } from "./child.ts";
import { judgedSchema, type Plan, planSchema, type Rule, type Served } from "./messages.ts";

/** A rule's outcome for one side of the plugin. */
export interface Judged extends Outcome {
  readonly face: Target["face"];
}

export interface Apart {
  readonly start: () => Child;
  /** What the plugin is called as long as it has not said so itself. */
  readonly called: string;
  readonly lab: Served | undefined;
  readonly onJudged: (judged: Judged) => void;
  readonly signal: AbortSignal;
}

/** After so many lost processes the rest would only take time. */
const LOST_MAX = 3;
const LOADS: Rule = {
  face: "backend",
  name: "loads",
  why: "a plugin that does not finish loading holds up every command",
};
const NOT_RUN = `not run, since the plugin had already been stopped ${LOST_MAX} times`;

/** @throws ChildEnded when the child has shown an error of its own, or the signal's reason */
export async function checkApart(apart: Apart): Promise<{ plugin: string; judged: readonly Judged[] }> {
  const judged: Judged[] = [];
  const add = (rule: Rule, verdict: Verdict, ms: number): void => {
    const outcome = { ...rule, verdict, ms };
    judged.push(outcome);
    apart.onJudged(outcome);
  };
  const began = performance.now();
  const bench = openBench(apart);
  try {
    const plan = await bench.plan().catch(onlyLost);
    if (plan instanceof LostChild) {
      add(LOADS, failed(plan), performance.now() - began);
      return { plugin: apart.called, judged };
    }
    for (const [index, rule] of plan.rules.entries()) {
      const { verdict, ms } = await bench.run(index);
      add(rule, verdict, ms);
    }
    return { plugin: plan.plugin, judged };
  } finally {
    await bench.end();
  }
}

/** A child with the plugin loaded, and a new one when that is lost. */
function openBench({ start, lab, signal }: Apart) {
  let child: Child | undefined;
  let lost = 0;
  const end = async (): Promise<void> => {
    await child?.end();
    child = undefined;
  };
  const plan = async (): Promise<Plan> => {
    child = start();
    return untilAborted(
      signal,
      child.ask({ ask: "plan", ...(lab === undefined ? {} : { lab }) }, planSchema),
    );
  };
  const ask = async (index: number): Promise<v.InferOutput<typeof judgedSchema> | LostChild> => {
    try {
      if (child === undefined) await plan();
      return await untilAborted(signal, child?.ask({ ask: "rule", index }, judgedSchema));
    } catch (error) {
      return onlyLost(error);
    }
  };
  const run = async (index: number): Promise<{ verdict: Verdict; ms: number }> => {
    if (lost >= LOST_MAX) return { verdict: { kind: "waived", reason: NOT_RUN }, ms: 0 };
    const began = performance.now();
    const answer = await ask(index);
    if (answer instanceof LostChild || answer.overdue) {
      lost += 1;
      await end();
    }
    if (answer instanceof LostChild) return { verdict: failed(answer), ms: performance.now() - began };
    return { verdict: verdictOf(answer), ms: answer.ms };
  };
  return { plan, run, end };
}

function verdictOf({ kind, message = "" }: v.InferOutput<typeof judgedSchema>): Verdict {
  if (kind === "passed") return { kind };
  return kind === "waived" ? { kind, reason: message } : { kind, error: new Error(message) };
}

const failed = (error: Error): Verdict => ({ kind: "failed", error });

function onlyLost(error: unknown): LostChild {
  if (error instanceof LostChild) return error;
  throw error;
}

/** @throws the signal's reason as soon as it is aborted */
async function untilAborted<Result>(signal: AbortSignal, work: Promise<Result> | undefined): Promise<Result> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const stop = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    if (work === undefined) throw new Error("there is no child process to ask");
    work.catch(() => undefined);
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
