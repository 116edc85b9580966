/** The plan as `--dry-run --json` prints it. */
import * as v from "valibot";
import type { Counts } from "../../contract/contract.ts";
import { lostSchema, lostToText } from "../../restore/lost.ts";
import type { PlannedRestore, RestoreTarget } from "../../restore/plan.ts";
import { findingJson, findingSchema } from "../../restore/report.ts";
import { chainJson, chainSchema, reasonedSchema } from "../../snapshot/catalog/chain-json.ts";
import { addCounts, countsSchema } from "../../snapshot/format/counts.ts";
import { rangeSchema, rangeToText } from "../../snapshot/format/range-text.ts";
import { given } from "../../units/given.ts";
import { comparedSchema } from "../../verify/compare-objects.ts";

export const planSchema = v.object({
  snapshot: v.pipe(v.string(), v.description("the path of the newest snapshot used")),
  chains: v.pipe(v.array(chainSchema), v.description("by backend: the snapshots that are used together")),
  dryRun: v.pipe(v.literal(true), v.description("a plan: nothing was written")),
  plugins: v.array(
    v.object({
      name: v.string(),
      url: v.optional(v.string()),
      range: rangeSchema,
      counts: v.pipe(countsSchema, v.description("what would be written")),
      isAtMost: v.pipe(
        v.boolean(),
        v.description("a selector, or the ends of the range, leave out some of these records"),
      ),
      held: v.optional(v.pipe(countsSchema, v.description("what the server already holds for these times"))),
      compared: v.optional(
        v.pipe(comparedSchema, v.description("the snapshot's objects beside the server's, if it can tell")),
      ),
      existing: v.optional(
        v.pipe(v.string(), v.description("what becomes of those that differ: keep, replace")),
      ),
      files: v.array(v.object({ file: v.string(), counts: countsSchema })),
      findings: v.array(findingSchema),
      lost: v.pipe(
        v.array(lostSchema),
        v.description("damaged blocks of the snapshot: nothing of them would be written"),
      ),
    }),
  ),
  notChosen: v.pipe(
    v.array(reasonedSchema),
    v.description("plugins from which the range or the selector chose nothing"),
  ),
  leftOut: v.array(reasonedSchema),
});

/** Everything the plan says would be written, and everything that would not. */
export const planJson = ({
  snapshot,
  chains,
  targets,
  leftOut,
  notChosen,
}: PlannedRestore): v.InferOutput<typeof planSchema> => ({
  snapshot: snapshot.path,
  chains: chains.map(chainJson),
  dryRun: true,
  plugins: targets.map((target) => ({
    name: target.name,
    ...given({ url: target.open.url }),
    range: rangeToText(target.range),
    counts: plannedCounts(target),
    isAtMost: target.isAtMost,
    ...given({ held: target.held && { ...target.held } }),
    ...given({ compared: target.compared, existing: target.existing }),
    files: target.files.map((one) => ({ file: one.file, counts: { ...one.counts } })),
    findings: target.findings.map(findingJson),
    lost: target.lost.map(lostToText),
  })),
  notChosen: [...notChosen],
  leftOut: [...leftOut],
});

/** All files of a target, added up. */
export function plannedCounts({ files }: RestoreTarget): Counts {
  const sum: Record<string, number> = {};
  for (const file of files) addCounts(sum, file.counts);
  return sum;
}
