/** What a verification found, as `--json` prints it. */
import * as v from "valibot";
import { nameOf } from "../../snapshot/catalog/chain.ts";
import { chainJson, chainSchema, reasonedSchema } from "../../snapshot/catalog/chain-json.ts";
import { blockPlaceSchema } from "../../snapshot/format/block-place.ts";
import { rangeSchema, rangeToText } from "../../snapshot/format/range-text.ts";
import type { Verified } from "../../tasks/verify.ts";
import { given } from "../../units/given.ts";
import { comparedSchema } from "../../verify/compare-objects.ts";
import type { VerifyReport } from "../../verify/verify.ts";
import { exportAgain } from "../again.ts";

const ofSeveral = v.exactOptional(
  v.pipe(v.string(), v.description("its snapshot's name, if several were checked")),
);

const flawSchema = v.object({
  snapshot: ofSeveral,
  file: v.pipe(v.string(), v.description("relative to the snapshot")),
  what: v.string(),
  plugin: v.exactOptional(v.pipe(v.string(), v.description("whose data it is"))),
  block: v.exactOptional(v.pipe(v.number(), v.description("the block's line in blocks.jsonl, from 1"))),
  line: v.exactOptional(v.pipe(v.number(), v.description("the line of the file, uncompressed, from 1"))),
  lines: v.exactOptional(
    v.pipe(
      v.object({ first: v.number(), last: v.number() }),
      v.description("the lines of the block's records in the uncompressed file"),
    ),
  ),
  ...v.partial(blockPlaceSchema).entries,
});

const amounts = {
  sound: v.pipe(v.boolean(), v.description("nothing is wrong")),
  status: v.optional(v.pipe(v.string(), v.description("the manifest's own status"))),
  files: v.number(),
  blocks: v.number(),
  blocksRead: v.pipe(v.number(), v.description("blocks whose data was read")),
  records: v.number(),
  bytes: v.pipe(v.number(), v.description("bytes of data that were read")),
  flawsTotal: v.number(),
};

export const verifySchema = v.object({
  path: v.pipe(v.string(), v.description("of the newest snapshot that was checked")),
  depth: v.string(),
  ...amounts,
  snapshots: v.pipe(
    v.array(v.object({ name: v.string(), path: v.string(), ...amounts })),
    v.description("each that was checked, oldest first; the totals are above"),
  ),
  chains: v.pipe(v.array(chainSchema), v.description("which backends they cover, and how far")),
  notCovered: v.pipe(v.array(v.string()), v.description("kept snapshots that were not checked, by name")),
  passedOver: v.pipe(
    v.array(reasonedSchema),
    v.description("newer snapshots that `latest` does not include, and backends that none holds complete"),
  ),
  flaws: v.pipe(v.array(flawSchema), v.description("the first thousand of each snapshot")),
  litter: v.pipe(
    v.array(v.object({ snapshot: ofSeveral, file: v.string() })),
    v.description("what other programs have left in the directories: no part of the snapshots, and no flaw"),
  ),
  damaged: v.pipe(
    v.array(
      v.object({
        snapshot: ofSeveral,
        plugin: v.string(),
        blocks: v.number(),
        ranges: v.array(rangeSchema),
        again: v.pipe(
          v.array(v.string()),
          v.description("the commands to export it again while the server still has it"),
        ),
      }),
    ),
    v.description("the damaged data blocks, added up"),
  ),
  live: v.array(
    v.object({
      plugin: v.string(),
      counted: v.number(),
      failed: v.pipe(v.number(), v.description("windows that the server should have counted but did not")),
      failure: v.optional(v.string()),
      objects: v.optional(
        v.pipe(comparedSchema, v.description("the snapshot's objects beside the server's, if it can tell")),
      ),
      objectsFailure: v.optional(v.pipe(v.string(), v.description("why they could not be compared"))),
      differences: v.array(
        v.object({
          from: v.string(),
          to: v.string(),
          unit: v.string(),
          saved: v.number(),
          server: v.number(),
          verdict: v.string(),
        }),
      ),
    }),
  ),
});

/** The reports as `--json` prints them, without how long they took. */
export const verifyJson = ({ reports, chosen, live }: Verified): v.InferOutput<typeof verifySchema> => ({
  path: reports.at(-1)?.path ?? "",
  depth: reports.at(-1)?.depth ?? "",
  ...addedUp(reports),
  snapshots: reports.map((report) => ({
    name: nameOf(report),
    path: report.path,
    ...amountsOf(report),
  })),
  chains: (chosen?.chains ?? []).map(chainJson),
  notCovered: [...(chosen?.others ?? [])],
  passedOver: [...(chosen?.passedOver ?? []), ...(chosen?.lacking ?? [])],
  flaws: reports.flatMap((report) =>
    report.flaws.map(({ severity: _, subject, message, ...place }) => ({
      ...ofWhich(report, reports),
      file: subject,
      what: message,
      ...place,
    })),
  ),
  litter: reports.flatMap((report) => report.litter.map((file) => ({ ...ofWhich(report, reports), file }))),
  damaged: reports.flatMap((report) =>
    report.damaged.map(({ plugin, blocks, ranges }) => ({
      ...ofWhich(report, reports),
      plugin,
      blocks,
      ranges: ranges.map(rangeToText),
      again: exportAgain(plugin, ranges),
    })),
  ),
  live: live.map(({ plugin, counted, failed, failure, objects, objectsFailure, differences }) => ({
    plugin,
    counted,
    failed,
    ...given({ failure, objects, objectsFailure }),
    differences: differences.map(({ plugin: _, range, ...rest }) => ({ ...rangeToText(range), ...rest })),
  })),
});

const ofWhich = (report: VerifyReport, { length }: readonly VerifyReport[]) =>
  length === 1 ? {} : { snapshot: nameOf(report) };

const amountsOf = ({ sound, status, ...report }: VerifyReport) => {
  const { files, blocks, blocksRead, records, bytes, flawsTotal } = report;
  return { sound, ...given({ status }), files, blocks, blocksRead, records, bytes, flawsTotal };
};

/** All added up. Together they are what the least of them is. */
export function addedUp(reports: readonly VerifyReport[]): ReturnType<typeof amountsOf> {
  const sum = (of: (report: VerifyReport) => number): number =>
    reports.reduce((total, report) => total + of(report), 0);
  const statuses = reports.map(({ status }) => status);
  const status =
    statuses.find((one) => one !== "complete") ?? (statuses.includes(undefined) ? undefined : "complete");
  return {
    sound: reports.every(({ sound }) => sound),
    ...given({ status }),
    files: sum(({ files }) => files),
    blocks: sum(({ blocks }) => blocks),
    blocksRead: sum(({ blocksRead }) => blocksRead),
    records: sum(({ records }) => records),
    bytes: sum(({ bytes }) => bytes),
    flawsTotal: sum(({ flawsTotal }) => flawsTotal),
  };
}
