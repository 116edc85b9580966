import * as v from "valibot";
import { reasonedSchema } from "../snapshot/catalog/chain-report.ts";
import { countsSchema } from "../snapshot/format/counts.ts";
import type { RecoveryReport } from "../tasks/recover-course.ts";
import type { RecoveryPlan } from "../tasks/recover-plan.ts";
import { given } from "../units/given.ts";
import { chainJson, chainSchema } from "./chain.ts";
import { absolutePath, time } from "./parts.ts";
import { defineResult, type ValueOf } from "./result.ts";

const kind = v.picklist(["run", "wait", "restore", "count"]);

/** What a plan and a report have in common. */
const common = {
  source: v.optional(
    v.pipe(v.string(), v.description("where the snapshots are; absent: those that are kept")),
  ),
  at: v.pipe(time, v.description("no snapshot that was begun later is used")),
  chains: v.pipe(v.array(chainSchema), v.description("by backend: the snapshots that are used together")),
  notHere: v.pipe(
    v.array(
      v.object({
        backend: v.string(),
        plugin: v.string(),
        url: v.optional(v.string()),
        reason: v.string(),
      }),
    ),
    v.description("backends of the snapshots that nothing can be put back into"),
  ),
  leftOut: v.pipe(v.array(reasonedSchema), v.description("what is missing, or only there in part")),
};

const commonJson = ({ request, chosen, notHere }: RecoveryPlan) => ({
  ...given({ source: request.from }),
  at: request.at,
  chains: chosen.chains.map(chainJson),
  notHere: notHere.map((one) => ({ ...one })),
  leftOut: [...chosen.lacking, ...chosen.broken].map((one) => ({ ...one })),
});

export const RECOVER_PLAN = defineResult({
  name: "recover.plan",
  version: 1,
  about: "what would be recovered, and by which steps: nothing was done",
  schema: v.object({
    ...common,
    resumed: v.pipe(v.boolean(), v.description("it continues one that was interrupted")),
    steps: v.array(v.object({ kind, text: v.string() })),
    notFound: v.pipe(v.array(v.string()), v.description("commands whose program is not on the PATH now")),
  }),
});

/** The plan, without the paths of what it continues. */
export const recoverPlanJson = (plan: RecoveryPlan): ValueOf<typeof RECOVER_PLAN> => ({
  ...commonJson(plan),
  resumed: plan.resumes !== undefined,
  steps: plan.steps.map(({ kind, text }) => ({ kind, text })),
  notFound: plan.notFound,
});

export const RECOVER = defineResult({
  name: "recover",
  version: 1,
  about: "what was recovered, and what each server now holds beside what the snapshots had",
  schema: v.object({
    ...common,
    status: v.pipe(
      v.picklist(["complete", "different", "partial", "stopped"]),
      v.description(
        "different: a server holds fewer than the snapshots had; stopped: a step failed, and it can be resumed",
      ),
    ),
    directory: v.pipe(absolutePath, v.description("where the progress and the report are kept")),
    began: time,
    seconds: v.pipe(v.number(), v.description("since it was begun, however often it was interrupted")),
    steps: v.array(
      v.object({
        kind,
        text: v.string(),
        state: v.picklist(["done", "failed", "open"]),
        seconds: v.optional(v.number()),
        restore: v.optional(v.pipe(absolutePath, v.description("where the report of its restore is kept"))),
        status: v.optional(v.pipe(v.string(), v.description("how that restore ended"))),
        missing: v.optional(v.pipe(v.array(v.string()), v.description("what is missing after that restore"))),
        reason: v.optional(v.pipe(v.string(), v.description("why it failed"))),
      }),
    ),
    backends: v.array(
      v.object({
        backend: v.string(),
        saved: v.pipe(countsSchema, v.description("what the snapshots had")),
        server: v.pipe(countsSchema, v.description("what of it the server holds")),
        units: v.array(
          v.object({
            unit: v.string(),
            how: v.pipe(
              v.picklist(["counted", "compared", "listed", "written"]),
              v.description(
                "counted by window; compared by content; listed by the server; or what it took, where it cannot say",
              ),
            ),
            verdict: v.pipe(
              v.picklist(["same", "more", "fewer"]),
              v.description("fewer: something of the snapshots is not there, or not as it was"),
            ),
          }),
        ),
        unproven: v.pipe(
          v.array(v.string()),
          v.description("what could not be counted or compared, and why"),
        ),
      }),
    ),
  }),
});

/** What a recovery did. */
export const recoverJson = (
  plan: RecoveryPlan,
  { status, directory, began, seconds, steps, held }: RecoveryReport,
): ValueOf<typeof RECOVER> => ({
  ...commonJson(plan),
  status,
  directory,
  began,
  seconds,
  steps: steps.map((one) => ({ ...one })),
  backends: held.map(({ backend, held: rows, unproven }) => ({
    backend,
    saved: Object.fromEntries(rows.map(({ unit, saved }) => [unit, saved])),
    server: Object.fromEntries(rows.map(({ unit, server }) => [unit, server])),
    units: rows.map(({ unit, how, verdict }) => ({ unit, how, verdict })),
    unproven: [...unproven],
  })),
});
