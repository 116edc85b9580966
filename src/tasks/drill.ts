/** Restores what is kept into empty targets, reads it back and compares it: a rehearsed recovery, measured and recorded. */
import type { Ending } from "../audit/format/event.ts";
import type { DrillReport, DrillVerdict } from "../drill/report.ts";
import { snapshotsOf } from "../snapshot/catalog/chain-claims.ts";
import { given } from "../units/given.ts";
import { carryOutDrill } from "./drill-course.ts";
import { drillParams, planDrill } from "./drill-plan.ts";
import { isAddress } from "./snapshots/addresses.ts";
import { storesFor } from "./snapshots/named-snapshot.ts";
import { type Done, defineTask, type Running } from "./task/task.ts";

export const drill = defineTask({
  kind: "drill",
  about:
    "restore what is kept into empty targets, read it back, compare it, and say how long a recovery takes",
  params: drillParams,
  opens: ({ snapshot, from }, config) => ({
    ...storesFor([snapshot], config, from),
    ...(from !== undefined && isAddress(from) ? { addresses: [from] } : {}),
    runs: "drill",
  }),
  destructive: false,
  plan: planDrill,
  targets: ({ parts }) =>
    parts.map(({ chain }) => ({
      kind: "backend",
      name: chain.backend,
      identity: snapshotsOf([chain])
        .map(({ manifest }) => manifest.sha256)
        .join(" "),
    })),
  details: ({ name, from, parts, erasures: { ignored } }) => ({
    drill: name,
    ...given({ from }),
    ...(ignored.length === 0 ? {} : { ignored_erasures: ignored.map((one) => one.name) }),
    snapshots: [...new Set(parts.flatMap(({ chain }) => snapshotsOf([chain]).map(({ path }) => path)))],
  }),
  async run(plan, running: Running): Promise<Done<DrillReport>> {
    const result = await carryOutDrill(plan, running);
    return { result, ending: endingOf(result) };
  },
});

const OUTCOMES: Readonly<Record<DrillVerdict, Ending["outcome"]>> = {
  proved: "success",
  rehearsed: "success",
  owed: "partial",
  partial: "partial",
  failed: "failed",
  refused: "refused",
  different: "failed",
};

function endingOf({ name, verdict, seconds, recoverySeconds, backends }: DrillReport): Ending {
  const details = {
    drill: name,
    verdict,
    seconds,
    ...given({ recovery_seconds: recoverySeconds }),
    backends: backends.map((one) => `${one.backend}: ${one.verdict}`),
  };
  return { outcome: OUTCOMES[verdict], details };
}
