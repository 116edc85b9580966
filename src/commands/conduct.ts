/** The course of every command that carries out a plan: plan, show, ask, carry out that same plan, report. */

import { openContext } from "../tasks/stack/stack.ts";
import type { Params, ParamValues } from "../tasks/task/param.ts";
import { planTask } from "../tasks/task/run.ts";
import type { Answer, Done, Task } from "../tasks/task/task.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { callerOf } from "./caller.ts";
import type { Call } from "./command.ts";
import { confirmed, type Question } from "./confirmed.ts";
import { EXIT, type ExitCode, exitOf } from "./exit-code.ts";
import { askingSigner } from "./signers.ts";
import { orUntouched } from "./untouched.ts";

/** A call of such a command. */
type PlanCall<P extends Params> = Call & {
  readonly args: ParamValues<P> & { readonly "dry-run"?: boolean; readonly yes?: boolean };
};

/** What a command adds to the common course. */
export interface Conduct<Plan, Result> {
  /** The last line while nothing was done, such as "nothing was deleted". */
  readonly untouched?: string;
  /** Shows what would be done. @throws UsageError when that makes no sense */
  show?(plan: Plan): void;
  /** The question to ask first; absent: it was already agreed to. */
  question?(plan: Plan): Question | undefined;
  /** The exit code after a no; default: the same as for an abandoned question. */
  readonly no?: ExitCode;
  /**
   * Reports the result.
   * @param result absent: nothing was carried out
   * @returns the exit code, if it does not follow from the outcome
   */
  report(plan: Plan, result?: Result): ExitCode | undefined;
}

/** Where a plan is printed: it is the result of a dry run, and leads to the result otherwise. */
export const planPaper = ({
  args,
  terminal,
}: Pick<PlanCall<Params>, "args" | "terminal">): Pick<Terminal, "print" | "width"> => ({
  print: args["dry-run"] ? terminal.tell : terminal.detail,
  width: terminal.width,
});

/** Opens what a task works on, and plans the task with this call's arguments. Who has signed a copy that it reads is asked about. */
export async function planCall<P extends Params, Plan, Result, Question>(
  task: Task<P, Plan, Result, Question>,
  call: Call & { readonly args: ParamValues<P> & { readonly key?: readonly string[] } },
) {
  const { args } = call;
  const context = await openContext(callerOf(call), (config) => task.opens?.(args, config) ?? {});
  return askingSigner(call, args.key ?? [], (key) =>
    planTask(task, args.key === undefined ? args : { ...args, key }, context),
  );
}

/** Plans a task with this call's arguments and carries that out: where there is nothing to show or to ask first. */
export async function runCall<P extends Params, Plan, Result>(
  task: Task<P, Plan, Result>,
  call: Call & { readonly args: ParamValues<P> },
): Promise<Done<Result>> {
  await using planned = await planCall(task, call);
  return await planned.carryOut();
}

/**
 * Plans a task with this call's arguments and takes it to its end. With `--dry-run`, or if there is nothing to do, the plan is
 * only shown; a no or an abandoned question changes nothing. Everything the plan holds open is released.
 */
export function conduct<P extends Params, Plan, Result>(
  task: Task<P, Plan, Result>,
  call: PlanCall<P>,
  { untouched, show, question, no, report }: Conduct<Plan, Result>,
): Promise<ExitCode> {
  const { args, terminal } = call;
  return orUntouched(untouched, async () => {
    await using planned = await planCall(task, call);
    const { plan, targets } = planned;
    show?.(plan);
    const asked = args["dry-run"] || targets.length === 0 ? undefined : question?.(plan);
    const answer = asked === undefined ? AGREED : await confirmed(call, asked);
    if (answer.agrees && !args["dry-run"] && targets.length > 0) {
      const { result, ending } = await planned.carryOut();
      return report(plan, result) ?? exitOf(ending);
    }
    const exit = report(plan);
    if (untouched !== undefined) terminal.last(args["dry-run"] ? `${untouched} (dry run)` : untouched);
    if (answer.agrees) return exit ?? EXIT.ok;
    return (answer.isNo && no) || exitOf(answer);
  });
}

const AGREED: Answer = { agrees: true };
