import { RECOVER, RECOVER_PLAN, recoverJson, recoverPlanJson } from "../../results/recover.ts";
import { recoverStack } from "../../tasks/recover.ts";
import type { RecoveryReport } from "../../tasks/recover-course.ts";
import type { RecoveryPlan } from "../../tasks/recover-plan.ts";
import { UsageError } from "../../tasks/task/errors.ts";
import { counted } from "../../units/words.ts";
import { type Call, defineCommand } from "../command.ts";
import { conduct } from "../conduct.ts";
import { planArgs } from "../confirmed.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { reportRecovery, showRecoveryPlan } from "./show.ts";

const args = { ...recoverStack.params, ...planArgs("show the plan, run no step and write nothing") } as const;

type RecoverCall = Call<typeof args>;

export default defineCommand({
  about: `${recoverStack.about}; exit code 5 when they hold less`,
  args,
  examples: [
    { line: "recover --dry-run", about: "which snapshots would be taken, and each step" },
    {
      line: "recover --from offsite --identity backup.key",
      about: "on an empty machine with contextcore.yaml, from a place",
    },
    { line: "recover --backend worm --at 2026-01-07", about: "one backend, as it was on that day" },
    { line: "recover --resume", about: "goes on with the step that was interrupted" },
  ],
  json: [RECOVER, RECOVER_PLAN],
  run: (call) =>
    conduct(recoverStack, call, {
      untouched: "nothing was recovered",
      show: (plan) => show(call, plan),
      question: (plan) => ({ message: questionOn(plan), what: "the recovery" }),
      report: (plan, result) => report(call, plan, result),
    }),
});

function show({ args: given, json, terminal }: RecoverCall, plan: RecoveryPlan): void {
  if (!given["dry-run"]) showRecoveryPlan(plan, terminal, "note");
  else if (!json) showRecoveryPlan(plan, terminal, "print");
  if (plan.targets.length === 0 && !given["dry-run"])
    throw new UsageError(
      "nothing of these snapshots can be put back here",
      "configure the backends that are named above, then run it again",
    );
}

function questionOn({ targets, steps }: RecoveryPlan): string {
  const commands = steps.filter(({ kind }) => kind === "run").length;
  const backends = `Recover ${counted(targets.length, "backend")}`;
  return commands === 0 ? `${backends}?` : `${backends}, and run ${counted(commands, "command")}?`;
}

const EXITS: Readonly<Record<RecoveryReport["status"], ExitCode>> = {
  complete: EXIT.ok,
  different: EXIT.different,
  partial: EXIT.partial,
  stopped: EXIT.error,
};

function report(call: RecoverCall, plan: RecoveryPlan, result?: RecoveryReport): ExitCode {
  if (result === undefined) {
    if (call.json) printResult(call, RECOVER_PLAN, recoverPlanJson(plan));
    return plan.notHere.length + plan.chosen.lacking.length + plan.chosen.broken.length === 0
      ? EXIT.ok
      : EXIT.partial;
  }
  if (call.json) printResult(call, RECOVER, recoverJson(plan, result));
  reportRecovery(result, call);
  return EXITS[result.status];
}
