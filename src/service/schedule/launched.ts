/** Runs of schedules, by the one launcher of tasks. */
import { ownIdentity } from "../../audit/journal/identity.ts";
import type { Launcher } from "../running/launcher.ts";
import type { RunRecord } from "../running/run.ts";
import type { RunResult, ScheduledRuns } from "./scheduler.ts";

/** What finishes an interrupted run of a kind; the others begin again. */
const RESUMING: Readonly<Record<string, object>> = { export: { resume: true } };

/** Under the name of the user that the service belongs to: the configuration agrees to a schedule's plan. */
export function launchedRuns(launcher: Pick<Launcher, "start" | "ended" | "get">): ScheduledRuns {
  const own = { user: ownIdentity().user, via: "schedule" } as const;
  /** One that was still planning has left nothing to be finished. */
  const resuming = (task: string, run: string | undefined) =>
    run !== undefined && launcher.get(run)?.startedAt !== undefined && Object.hasOwn(RESUMING, task)
      ? { params: RESUMING[task], continues: run }
      : undefined;
  return {
    async start({ name, task, params }, { continues, actor = own }) {
      const what = resuming(task, continues) ?? { params };
      const { id } = await launcher.start({ kind: task, actor, schedule: name, ...what });
      return id;
    },
    ended: async (id) => resultOf(await launcher.ended(id)),
    find(id) {
      const run = launcher.get(id);
      return run?.state === "ended" ? resultOf(run) : undefined;
    },
  };
}

/** What is told of several warnings. */
const WARNINGS_MAX = 3;

function resultOf({ outcome = "failed", error, warnings }: RunRecord): RunResult {
  const warned = warnings.slice(0, WARNINGS_MAX).join("; ");
  return { outcome, message: error?.message ?? (warned || undefined), hint: error?.hint };
}
