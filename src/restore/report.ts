/** What a restore did, as `report.json` in its directory says it. */
import { join } from "node:path";
import * as v from "valibot";
import type { Counts, RestoreDiagnostic } from "../contract/contract.ts";
import { uncountedSchema, uncountedToText } from "../reconcile/uncounted.ts";
import { chainReport, chainReportSchema, reasonedSchema } from "../snapshot/catalog/chain-report.ts";
import { addCounts, countsLess, countsSchema } from "../snapshot/format/counts.ts";
import { rangeSchema, rangeToText } from "../snapshot/format/range-text.ts";
import { openRestoreDirectory } from "../snapshot/write/disk.ts";
import { readOwnText } from "../storage/own-file.ts";
import { given } from "../units/given.ts";
import { lostTextSchema, lostToText } from "./lost.ts";
import { type PlannedRestore, plannedCounts } from "./plan.ts";
import type { Recount } from "./recount.ts";
import type { TargetOutcome } from "./run.ts";

/** What was found of the server's settings before the restore, and told in its plan. */
export const reportedFindingSchema = v.object({
  severity: v.string(),
  what: v.string(),
  setting: v.optional(v.string()),
  ignoresTenant: v.optional(
    v.pipe(v.boolean(), v.description("the server ignores tenants, so --into cannot write there")),
  ),
});

/** What a server would do to the plan, in the form of the report. */
const reportedFinding = ({
  severity,
  message,
  ...rest
}: RestoreDiagnostic): v.InferOutput<typeof reportedFindingSchema> => ({
  severity,
  what: message,
  ...rest,
});

/** `report.json`. A directory that has one is done with: no restore continues it. */
export const reportSchema = v.object({
  snapshot: v.pipe(v.string(), v.description("the path of the newest snapshot used")),
  chains: v.pipe(
    v.optional(v.array(chainReportSchema), []),
    v.description("by backend: the snapshots that were used together"),
  ),
  status: v.pipe(
    v.picklist(["complete", "partial", "failed"]),
    v.description(
      "complete: everything that the servers can store was written or already there, and their counts confirm it",
    ),
  ),
  directory: v.pipe(v.string(), v.description("where this report and the refused records are kept")),
  plugins: v.array(
    v.object({
      name: v.string(),
      url: v.optional(v.string()),
      chosen: v.optional(v.pipe(countsSchema, v.description("what was to be written"))),
      written: countsSchema,
      existing: v.pipe(countsSchema, v.description("already there, and left unchanged")),
      differing: v.pipe(
        v.array(v.object({ name: v.string(), what: v.string(), replaced: v.boolean() })),
        v.description("objects that differed from what was there: left as they were, or replaced"),
      ),
      rejected: v.pipe(v.number(), v.description("records that the server refused: see rejected.json")),
      refusals: v.optional(
        v.pipe(
          v.array(v.object({ reason: v.string(), records: v.number() })),
          v.description("why records were refused: the most frequent reasons"),
        ),
      ),
      unsupported: v.pipe(
        v.number(),
        v.description("records that this kind of server cannot store: also in rejected.json"),
      ),
      problems: v.pipe(
        v.array(v.object({ kind: v.string(), reason: v.string(), items: v.array(v.string()) })),
        v.description("what was written incompletely, such as data sources without their secrets"),
      ),
      lost: v.pipe(
        v.array(lostTextSchema),
        v.description("damaged blocks of the snapshot, of which nothing was written"),
      ),
      erased: v.optional(
        v.pipe(
          countsSchema,
          v.description("what was left out, since it was erased after the snapshot was made"),
        ),
      ),
      failure: v.optional(v.string()),
      findings: v.array(reportedFindingSchema),
      counted: v.pipe(
        v.array(
          v.object({
            range: rangeSchema,
            saved: countsSchema,
            server: v.optional(countsSchema),
            short: v.array(v.string()),
            failure: v.optional(v.pipe(v.string(), v.description("why the server could not be counted"))),
            uncounted: v.optional(
              v.pipe(v.array(uncountedSchema), v.description("what of it the server could not count")),
            ),
          }),
        ),
        v.description("what the server held afterwards, and what the snapshot claims"),
      ),
    }),
  ),
  notChosen: v.pipe(
    v.optional(v.array(reasonedSchema), []),
    v.description("plugins from which the range chose nothing"),
  ),
  leftOut: v.array(reasonedSchema),
});
/** What a restore did: see {@link reportSchema}. */
export type RestoreReport = v.InferOutput<typeof reportSchema>;

/**
 * Combines what a restore did with what the servers counted afterwards, and decides whether it is complete.
 * @param counted by plugin name
 */
export function restoreReport(
  plan: PlannedRestore,
  directory: string,
  outcomes: readonly TargetOutcome[],
  counted: ReadonlyMap<string, readonly Recount[]>,
): RestoreReport {
  const plugins = outcomes.map((outcome) => {
    const { name, written, existing, differing, rejected, unsupported, problems, lost, failure } = outcome;
    const { refusals = [] } = outcome;
    const target = plan.targets.find((one) => one.name === name);
    const erased = erasedIn(outcome);
    const isVain = target?.matcher !== undefined && failure === undefined && isNothing(outcome);
    return {
      name,
      url: target?.open.url,
      ...given({ chosen: target && countsLess(plannedCounts(target), erased) }),
      written,
      existing,
      differing: differing.map((one) => ({ ...one, replaced: isReplacing(plan, name) })),
      rejected,
      ...(refusals.length === 0 ? {} : { refusals: [...refusals] }),
      unsupported,
      problems: [...merged(problems), ...(isVain ? [VAIN] : [])],
      lost: lost.map(lostToText),
      ...(Object.keys(erased).length === 0 ? {} : { erased }),
      ...given({ failure }),
      findings: (target?.findings ?? []).map(reportedFinding),
      counted: (counted.get(name) ?? []).map(({ range, short, uncounted, ...one }) => ({
        ...one,
        range: rangeToText(range),
        short: [...short],
        ...given({ uncounted: uncounted?.map(uncountedToText) }),
      })),
    };
  });
  const leftOut = [...plan.leftOut];
  return {
    snapshot: plan.snapshot.path,
    chains: plan.chains.map(chainReport),
    status: statusOf(plugins, leftOut),
    directory,
    plugins,
    notChosen: [...plan.notChosen],
    leftOut,
  };
}

function erasedIn({ erased }: TargetOutcome): Counts {
  const sum: Record<string, number> = {};
  for (const { counts } of erased) addCounts(sum, counts);
  return sum;
}

const isReplacing = ({ targets }: PlannedRestore, name: string): boolean =>
  targets.find((target) => target.name === name)?.existing === "replace";
/** A selector that finds nothing is more likely a mistake than what was meant. */
const VAIN = { kind: "incomplete", reason: "the selector found nothing in it", items: [] };

/** One entry for each kind and reason, with all items. */
function merged(problems: TargetOutcome["problems"]): RestoreReport["plugins"][number]["problems"] {
  const groups = Map.groupBy(problems, ({ kind, reason }) => JSON.stringify([kind, reason]));
  return [...groups.values()].flatMap(([first, ...others]) =>
    first === undefined
      ? []
      : [
          {
            kind: first.kind,
            reason: first.reason,
            items: [first, ...others].flatMap(({ items = [] }) => items),
          },
        ],
  );
}

function statusOf(
  plugins: RestoreReport["plugins"],
  leftOut: RestoreReport["leftOut"],
): RestoreReport["status"] {
  const failed = plugins.filter((one) => one.failure !== undefined || isAllLost(one)).length + leftOut.length;
  if (failed > 0 && failed === plugins.length + leftOut.length) return "failed";
  const short = plugins.some(
    (one) =>
      one.rejected > 0 ||
      one.lost.length > 0 ||
      one.differing.some(({ replaced }) => !replaced) ||
      one.problems.includes(VAIN) ||
      one.counted.some(
        ({ short: missing, failure, uncounted }) =>
          missing.length > 0 || failure !== undefined || uncounted !== undefined,
      ),
  );
  return failed > 0 || short ? "partial" : "complete";
}

/** Nothing of it could be read from the snapshot. */
const isAllLost = (one: RestoreReport["plugins"][number]): boolean =>
  one.lost.length > 0 && one.rejected + one.unsupported === 0 && isNone(one);

/** Nothing of it was chosen. */
const isNothing = (one: TargetOutcome): boolean =>
  one.lost.length + one.erased.length + one.rejected + one.unsupported + one.differing.length === 0 &&
  isNone(one);

const isNone = ({ written, existing }: Pick<TargetOutcome, "written" | "existing">): boolean =>
  [...Object.values(written), ...Object.values(existing)].every((count) => count === 0);

const REPORT_BYTES_MAX = 256 << 20;

/** The `report.json` of a restore that came to its end. @throws Error when there is none, or it is damaged */
export const readReport = (directory: string): RestoreReport =>
  v.parse(reportSchema, JSON.parse(readOwnText(join(directory, "report.json"), REPORT_BYTES_MAX)));

/** Writes `report.json` into the restore's directory, whole or not at all. @throws SnapshotError when the disk refuses */
export async function writeReport(report: RestoreReport): Promise<void> {
  await openRestoreDirectory(report.directory).write("report.json", `${JSON.stringify(report, null, 2)}\n`);
}
