/** The course of every command that carries out what was planned: plan, show, ask, carry out that very plan, say what is true. */
import type { Params, ParamValues } from "../tasks/param.ts";
import { planTask } from "../tasks/run.ts";
import type { Answer, Task, TaskContext } from "../tasks/task.ts";
import type { Call } from "./command.ts";
import { confirmed, type Question } from "./confirmed.ts";
import { EXIT, type ExitCode, exitOf } from "./exit-code.ts";
import { openContext } from "./stack.ts";
import { orUntouched } from "./untouched.ts";

/** A call of such a command. */
export type PlanCall<P extends Params> = Call & {
  readonly args: ParamValues<P> & { readonly "dry-run"?: boolean; readonly yes?: boolean };
};

/** What a command adds to it. */
export interface Conduct<Plan, Result> {
  /** Opens what the task works on, where that is not what the task says. */
  context?(): Promise<TaskContext>;
  /** What is true as long as nothing was done, such as "nothing was deleted": then the last word. */
  readonly untouched?: string;
  /** Shows what would be done. @throws UsageError when that makes no sense */
  show?(plan: Plan): void;
  /** What is asked before it is done; nothing: it was agreed to before. */
  question?(plan: Plan): Question | undefined;
  /** The exit code after a no; default: as after a question that was left. */
  readonly no?: ExitCode;
  /**
   * Says what came of it.
   * @param result absent: nothing was carried out
   * @returns the exit code, where the outcome does not say enough
   */
  report(plan: Plan, result?: Result): ExitCode | undefined;
}

/** Opens what a task works on, and plans it with the arguments of this call. */
export const planCall = async <P extends Params, Plan, Result, Question>(
  task: Task<P, Plan, Result, Question>,
  call: Call & { readonly args: ParamValues<P> },
) => planTask(task, call.args, await openContext(call, task.opens?.(call.args)));

/**
 * Plans a task with the arguments of this call and conducts it to its end. With `--dry-run`, or where there is nothing to do,
 * it is only shown; a question that is answered with no, or left, ends it untouched. What the plan holds open is let go of.
 */
export function conduct<P extends Params, Plan, Result>(
  task: Task<P, Plan, Result>,
  call: PlanCall<P>,
  { context, untouched, show, question, no, report }: Conduct<Plan, Result>,
): Promise<ExitCode> {
  const { args, terminal, signal } = call;
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
      return report(plan, result) ?? exitOf(ending, signal);
    }
    const exit = report(plan);
    if (untouched !== undefined && !args["dry-run"]) terminal.note(untouched);
    if (answer.agrees) return exit ?? EXIT.ok;
    return (answer.isNo && no) || exitOf(answer, signal);
  });
}

const AGREED: Answer = { agrees: true };
