/** The course of every command that carries out a plan: plan, show, ask, carry out that same plan, report. */
import type { Params, ParamValues } from "../tasks/param.ts";
import { planTask } from "../tasks/run.ts";
import { openContext } from "../tasks/stack.ts";
import type { Answer, Task, TaskContext } from "../tasks/task.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { callerOf } from "./caller.ts";
import type { Call } from "./command.ts";
import { confirmed, type Question } from "./confirmed.ts";
import { EXIT, type ExitCode, exitOf } from "./exit-code.ts";
import { orUntouched } from "./untouched.ts";

/** A call of such a command. */
export type PlanCall<P extends Params> = Call & {
  readonly args: ParamValues<P> & { readonly "dry-run"?: boolean; readonly yes?: boolean };
};

/** What a command adds to the common course. */
export interface Conduct<Plan, Result> {
  /** Opens what the task works on, if that differs from the task's own declaration. */
  context?(): Promise<TaskContext>;
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

/** Opens what a task works on, and plans the task with this call's arguments. */
export const planCall = async <P extends Params, Plan, Result, Question>(
  task: Task<P, Plan, Result, Question>,
  call: Call & { readonly args: ParamValues<P> },
) => planTask(task, call.args, await openContext(callerOf(call), task.opens?.(call.args)));

/**
 * Plans a task with this call's arguments and takes it to its end. With `--dry-run`, or if there is nothing to do, the plan is
 * only shown; a no or an abandoned question changes nothing. Everything the plan holds open is released.
 */
export function conduct<P extends Params, Plan, Result>(
  task: Task<P, Plan, Result>,
  call: PlanCall<P>,
  { context, untouched, show, question, no, report }: Conduct<Plan, Result>,
): Promise<ExitCode> {
  const { args, terminal } = call;
  return orUntouched(untouched, async () => {
    await using planned = await (context === undefined
      ? planCall(task, call)
      : planTask(task, args, await context()));
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
