import * as v from "valibot";
import { type LostText, lostTextSchema, lostToText } from "../restore/lost.ts";
import { type PlannedRestore, plannedCounts } from "../restore/plan.ts";
import { type RestoreReport, reportedFindingSchema, reportSchema } from "../restore/report.ts";
import { reasonedSchema } from "../snapshot/catalog/chain-report.ts";
import { countsSchema } from "../snapshot/format/counts.ts";
import { rangeSchema, rangeToText } from "../snapshot/format/range-text.ts";
import { given } from "../units/given.ts";
import { comparedSchema } from "../verify/compare-objects.ts";
import { blockSpanSchema } from "./block-span.ts";
import { chainJson, chainSchema } from "./chain.ts";
import { absolutePath, snapshotJson, snapshotSchema } from "./parts.ts";
import { defineResult, type ValueOf } from "./result.ts";

const { what: _what, ...ofFinding } = reportedFindingSchema.entries;
const findingSchema = v.object({ message: v.string(), ...ofFinding });
const lostSchema = v.object({ ...lostTextSchema.entries, ...blockSpanSchema.entries });

const lostJson = ({ bytes, ...lost }: LostText) => ({
  ...lost,
  offset: bytes.from,
  bytes: bytes.to - bytes.from,
});

/** What a plan and a report have in common. */
const common = {
  snapshot: v.pipe(snapshotSchema, v.description("the newest snapshot used")),
  chains: v.pipe(v.array(chainSchema), v.description("by backend: the snapshots that are used together")),
  notChosen: v.pipe(
    v.array(v.object({ backend: v.string(), reason: v.string() })),
    v.description("backends from which the range chose nothing"),
  ),
  leftOut: v.pipe(v.array(reasonedSchema), v.description("what was asked for and is not written")),
};

const commonJson = ({ snapshot, chains, notChosen, leftOut }: PlannedRestore) => ({
  snapshot: snapshotJson(snapshot.path),
  chains: chains.map(chainJson),
  notChosen: notChosen.map(({ name, reason }) => ({ backend: name, reason })),
  leftOut,
});

export const RESTORE_PLAN = defineResult({
  name: "restore.plan",
  version: 1,
  about: "what would be written: nothing was",
  schema: v.object({
    ...common,
    backends: v.array(
      v.object({
        backend: v.string(),
        url: v.optional(v.string()),
        range: rangeSchema,
        counts: v.pipe(countsSchema, v.description("what would be written")),
        isAtMost: v.pipe(
          v.boolean(),
          v.description("a selector, or the ends of the range, leave out some of these records"),
        ),
        held: v.optional(
          v.pipe(countsSchema, v.description("what the server already holds for these times")),
        ),
        compared: v.optional(
          v.pipe(
            comparedSchema,
            v.description("the snapshot's objects beside the server's, if it can compare"),
          ),
        ),
        replaces: v.pipe(v.boolean(), v.description("objects that differ are replaced, and not left")),
        files: v.array(v.object({ file: v.string(), counts: countsSchema })),
        findings: v.array(findingSchema),
        lost: v.pipe(
          v.array(lostSchema),
          v.description("damaged blocks of the snapshot: nothing of them would be written"),
        ),
      }),
    ),
  }),
});

/** Everything the plan says would be written, and everything that would not. */
export const planJson = (plan: PlannedRestore): ValueOf<typeof RESTORE_PLAN> => ({
  ...commonJson(plan),
  backends: plan.targets.map((target) => ({
    backend: target.name,
    ...given({ url: target.open.url }),
    range: rangeToText(target.range),
    counts: plannedCounts(target),
    isAtMost: target.isAtMost,
    ...given({ held: target.held, compared: target.compared }),
    replaces: target.existing === "replace",
    files: target.files.map(({ file, counts }) => ({ file, counts })),
    findings: [...target.findings],
    lost: target.lost.map(lostToText).map(lostJson),
  })),
});

const { name: _name, ...ofBackend } = reportSchema.entries.plugins.item.entries;

export const RESTORE = defineResult({
  name: "restore",
  version: 1,
  about:
    "what was written, and what the servers counted afterwards; `report.json` in `directory` is kept of it",
  schema: v.object({
    ...common,
    status: reportSchema.entries.status,
    directory: v.pipe(absolutePath, v.description("where the report and the refused records are kept")),
    backends: v.array(
      v.object({
        backend: v.string(),
        ...ofBackend,
        lost: v.pipe(
          v.array(lostSchema),
          v.description("damaged blocks of the snapshot: nothing of them was written"),
        ),
        findings: v.array(findingSchema),
      }),
    ),
  }),
});

/** What a restore did. */
export const restoreJson = (
  plan: PlannedRestore,
  { status, directory, plugins }: RestoreReport,
): ValueOf<typeof RESTORE> => ({
  ...commonJson(plan),
  status,
  directory,
  backends: plugins.map(({ name, lost, findings, ...one }) => ({
    backend: name,
    ...one,
    lost: lost.map(lostJson),
    findings: findings.map(({ what, ...finding }) => ({ message: what, ...finding })),
  })),
});
