import * as v from "valibot";
import { type DrillReport, drillReportSchema, VERDICTS } from "../drill/report.ts";
import { reasonedSchema } from "../snapshot/catalog/chain-report.ts";
import type { DrillPlan } from "../tasks/drill-plan.ts";
import type { KeptDrills } from "../tasks/kept-drills.ts";
import { given } from "../units/given.ts";
import { chainJson, chainSchema } from "./chain.ts";
import { time } from "./parts.ts";
import { defineResult, type ValueOf } from "./result.ts";

export const DRILL = defineResult({
  name: "drill",
  version: 1,
  about: "what a drill restored, read back and compared, and how long a recovery would take at its pace",
  schema: drillReportSchema,
});

/** A kept report as it is printed. */
export const drillJson = (report: DrillReport): ValueOf<typeof DRILL> => report;

export const DRILL_PLAN = defineResult({
  name: "drill.plan",
  version: 1,
  about: "what a drill would restore: nothing was done",
  schema: v.object({
    chains: v.pipe(
      v.array(chainSchema),
      v.description("by backend: the snapshots that are restored together"),
    ),
    owed: v.pipe(v.array(reasonedSchema), v.description("backends that cannot be drilled here, and why")),
  }),
});

/** What would be drilled, and what not. */
export const drillPlanJson = ({ parts, owed }: DrillPlan): ValueOf<typeof DRILL_PLAN> => ({
  chains: parts.map(({ chain }) => chainJson(chain)),
  owed: owed.map(({ name, reason }) => ({ name, reason })),
});

const listedSchema = v.object({
  name: v.pipe(v.string(), v.description("of the drill")),
  began: v.optional(time),
  seconds: v.optional(v.pipe(v.number(), v.description("all of it"))),
  verdict: v.optional(v.pipe(v.picklist(VERDICTS), v.description("the worst of its backends'"))),
  recoverySeconds: v.optional(
    v.pipe(v.number(), v.description("how long a recovery would take at its pace")),
  ),
  backends: v.array(v.object({ backend: v.string(), verdict: v.picklist(VERDICTS), seconds: v.number() })),
  problem: v.optional(v.pipe(v.string(), v.description("why its report cannot be read"))),
});

export const DRILL_LIST = defineResult({
  name: "drill.list",
  version: 1,
  about: "the drills whose reports are kept, the newest first",
  schema: v.object({
    drills: v.array(listedSchema),
    total: v.pipe(v.number(), v.description("how many are kept; the newest are listed")),
  }),
});

/** One of a list. */
export type ListedDrill = ValueOf<typeof DRILL_LIST>["drills"][number];

/** The newest reports, in short. */
export const drillsJson = ({ drills, total }: KeptDrills): ValueOf<typeof DRILL_LIST> => ({
  drills: drills.map((one) =>
    "report" in one ? listedDrill(one.report) : { name: one.name, problem: one.problem, backends: [] },
  ),
  total,
});

const listedDrill = ({
  name,
  began,
  seconds,
  verdict,
  recoverySeconds,
  backends,
}: DrillReport): ListedDrill => ({
  name,
  began,
  seconds,
  verdict,
  ...given({ recoverySeconds }),
  backends: backends.map((one) => ({ backend: one.backend, verdict: one.verdict, seconds: one.seconds })),
});
