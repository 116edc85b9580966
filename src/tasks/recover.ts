/** Recovers a stack by its runbook: commands, restores and waiting in their order, then counts what the servers hold. */
import type { Ending } from "../audit/format/event.ts";
import { interruptedRecovery } from "../recovery/journal.ts";
import { given } from "../units/given.ts";
import { backendTarget } from "./inventory.ts";
import { addressIn } from "./recover-choice.ts";
import { carryOutRecovery, type RecoveryReport, stepText } from "./recover-course.ts";
import { recoverParams } from "./recover-params.ts";
import { planRecovery, sha256Of, sourceOf } from "./recover-plan.ts";
import { type Done, defineTask, type Running } from "./task/task.ts";

export const recoverStack = defineTask({
  kind: "recover",
  about: "bring the stack, or a part of it, back from snapshots by the runbook, and count what it then holds",
  params: recoverParams,
  opens({ backend, commands, from, resume }, { stores, backups }) {
    const again = resume ? interruptedRecovery(backups)?.request : undefined;
    const address = addressIn(from ?? again?.from);
    return {
      only: backend,
      onlyBy: "--backend",
      ...(commands ? { runs: "recover" as const } : {}),
      ...(Object.keys(stores).length === 0 && address === undefined ? {} : { stores: true as const }),
      ...(address === undefined ? {} : { addresses: [address] }),
    };
  },
  destructive: true,
  plan: planRecovery,
  targets: ({ targets, steps }) => {
    const by = sha256Of(steps.map(({ key }) => key));
    return targets.map(({ chain, open }) => {
      const { identity, ...target } = backendTarget(chain.backend, open);
      return { ...target, identity: `${identity} ${sourceOf(chain)} by ${by}` };
    });
  },
  details: ({ request, steps, resumes, ignored }) => ({
    ...given({ from: request.from }),
    at: request.at,
    steps: steps.map(({ text }) => text),
    ...(ignored.length === 0 ? {} : { ignored_erasures: [...ignored] }),
    resumed: resumes !== undefined,
  }),
  async run(plan, running: Running): Promise<Done<RecoveryReport>> {
    const result = await carryOutRecovery(plan, running);
    return { result, ending: endingOf(result) };
  },
});

const OUTCOMES = {
  complete: "success",
  partial: "partial",
  different: "partial",
  stopped: "failed",
} as const;

const endingOf = ({ status, directory, seconds, steps }: RecoveryReport): Ending => ({
  outcome: OUTCOMES[status],
  details: { report: directory, status, seconds, steps: steps.map(stepText) },
});
