import * as v from "valibot";
import { objectOf } from "../contract/any-names.ts";
import { uncountedSchema, uncountedToText } from "../reconcile/uncounted.ts";
import { reasonedSchema } from "../snapshot/catalog/chain-report.ts";
import { statusSchema } from "../snapshot/format/manifest.ts";
import { rangeSchema, rangeToText } from "../snapshot/format/range-text.ts";
import type { Verified } from "../tasks/verify.ts";
import { given } from "../units/given.ts";
import { comparedSchema } from "../verify/compare-objects.ts";
import type { LiveReport } from "../verify/live.ts";
import type { VerifyReport } from "../verify/verify.ts";
import { blockSpanSchema, spanJson } from "./block-span.ts";
import { chainJson, chainSchema } from "./chain.ts";
import { exportAgain } from "./export-again.ts";
import { snapshotJson, snapshotSchema } from "./parts.ts";
import { defineResult, type ValueOf } from "./result.ts";

const flawSchema = v.object({
  snapshot: snapshotSchema,
  file: v.pipe(v.string(), v.description("relative to the snapshot")),
  message: v.string(),
  backend: v.optional(v.pipe(v.string(), v.description("whose data it is"))),
  block: v.optional(v.pipe(v.number(), v.description("the block's line in blocks.jsonl, from 1"))),
  line: v.optional(v.pipe(v.number(), v.description("the line of the file, uncompressed, from 1"))),
  lines: v.optional(
    v.pipe(
      v.object({ first: v.number(), last: v.number() }),
      v.description("the lines of the block's records in the uncompressed file"),
    ),
  ),
  ...v.partial(blockSpanSchema).entries,
});

const amounts = {
  sound: v.pipe(v.boolean(), v.description("nothing is wrong")),
  status: v.optional(v.pipe(statusSchema, v.description("the manifest's own status"))),
  filesTotal: v.number(),
  blocksTotal: v.number(),
  blocksReadTotal: v.pipe(v.number(), v.description("blocks whose data was read")),
  recordsTotal: v.number(),
  bytes: v.pipe(v.number(), v.description("bytes of data that were read")),
  flawsTotal: v.number(),
};

export const VERIFY = defineResult({
  name: "verify",
  version: 1,
  about: "what a verification found",
  schema: v.object({
    snapshot: v.pipe(snapshotSchema, v.description("the newest that was checked")),
    depth: v.pipe(
      v.picklist(["sizes", "checksums", "lines", "stored"]),
      v.description("stored: the bytes of an encrypted copy, which was not decrypted"),
    ),
    ...amounts,
    snapshots: v.pipe(
      v.array(v.object({ ...snapshotSchema.entries, ...amounts })),
      v.description("each that was checked, oldest first; the totals are above"),
    ),
    chains: v.pipe(v.array(chainSchema), v.description("which backends they cover, and how far")),
    notCovered: v.pipe(v.array(v.string()), v.description("kept snapshots that were not checked, by name")),
    passedOver: v.pipe(
      v.array(reasonedSchema),
      v.description(
        "newer snapshots that `latest` does not include, backends that none holds complete, and copies whose signer is not believed",
      ),
    ),
    flaws: v.pipe(v.array(flawSchema), v.description("the first thousand of each snapshot")),
    litter: v.pipe(
      v.array(v.object({ snapshot: snapshotSchema, file: v.string() })),
      v.description(
        "what other programs have left in the directories: no part of the snapshots, and no flaw",
      ),
    ),
    damaged: v.pipe(
      v.array(
        v.object({
          snapshot: snapshotSchema,
          backend: v.string(),
          blocksTotal: v.number(),
          ranges: v.array(rangeSchema),
          again: v.pipe(
            v.array(v.string()),
            v.description("the commands to export it again while the server still has it"),
          ),
        }),
      ),
      v.description("the damaged data blocks, added up"),
    ),
    live: v.pipe(
      v.array(
        v.object({
          backend: v.string(),
          windowsTotal: v.pipe(v.number(), v.description("windows that the server counted again")),
          uncountedTotal: v.pipe(
            v.number(),
            v.description("windows that the server should have counted but did not"),
          ),
          failure: v.optional(v.pipe(v.string(), v.description("why, of the last one"))),
          uncounted: v.pipe(
            v.array(uncountedSchema),
            v.description("what the server could not count of the windows that it counted"),
          ),
          compared: v.optional(
            v.pipe(
              comparedSchema,
              v.description("the snapshot's objects beside the server's, if it can compare"),
            ),
          ),
          uncompared: v.optional(v.pipe(v.string(), v.description("why its objects could not be compared"))),
          differences: v.array(
            v.object({
              range: rangeSchema,
              saved: objectOf(v.number()),
              server: objectOf(v.number()),
              verdict: v.string(),
            }),
          ),
        }),
      ),
      v.description("the servers' counts beside the snapshot's, with --live"),
    ),
  }),
});

type VerifyJson = ValueOf<typeof VERIFY>;

/** The reports, without how long they took. */
export const verifyJson = ({ reports, chosen, distrusted, live }: Verified): VerifyJson => ({
  snapshot: snapshotJson(reports.at(-1)?.path ?? ""),
  depth: reports.at(-1)?.depth ?? "lines",
  ...addedUpJson(reports),
  snapshots: reports.map((report) => ({ ...snapshotJson(report.path), ...amountsJson(report) })),
  chains: (chosen?.chains ?? []).map(chainJson),
  notCovered: chosen?.others ?? [],
  passedOver: [...(chosen?.passedOver ?? []), ...(chosen?.lacking ?? []), ...distrusted],
  flaws: reports.flatMap(flawsJson),
  litter: reports.flatMap(({ path, litter }) =>
    litter.map((file) => ({ snapshot: snapshotJson(path), file })),
  ),
  damaged: reports.flatMap((report) =>
    report.damaged.map(({ plugin, blocks, ranges }) => ({
      snapshot: snapshotJson(report.path),
      backend: plugin,
      blocksTotal: blocks,
      ranges: ranges.map(rangeToText),
      again: exportAgain(plugin, ranges),
    })),
  ),
  live: live.map(liveJson),
});

const flawsJson = ({ path, flaws }: VerifyReport): VerifyJson["flaws"] =>
  flaws.map(({ severity: _, subject, message, plugin, bytes, ...place }) => ({
    snapshot: snapshotJson(path),
    file: subject,
    message,
    ...given({ backend: plugin }),
    ...place,
    ...spanJson(bytes),
  }));

const liveJson = ({
  plugin,
  counted,
  failed,
  failure,
  uncounted,
  objects: compared,
  objectsFailure: uncompared,
  differences,
}: LiveReport): VerifyJson["live"][number] => ({
  backend: plugin,
  windowsTotal: counted,
  uncountedTotal: failed,
  ...given({ failure, compared, uncompared }),
  uncounted: uncounted.map(uncountedToText),
  differences: differences.map(({ range, unit, saved, server, verdict }) => ({
    range: rangeToText(range),
    saved: { [unit]: saved },
    server: { [unit]: server },
    verdict,
  })),
});

const amountsOf = ({ sound, status, ...report }: VerifyReport) => {
  const { files, blocks, blocksRead, records, bytes, flawsTotal } = report;
  return { sound, ...given({ status }), files, blocks, blocksRead, records, bytes, flawsTotal };
};

const inTotals = ({ files, blocks, blocksRead, records, ...rest }: ReturnType<typeof amountsOf>) => ({
  ...rest,
  filesTotal: files,
  blocksTotal: blocks,
  blocksReadTotal: blocksRead,
  recordsTotal: records,
});

const amountsJson = (report: VerifyReport) => inTotals(amountsOf(report));
const addedUpJson = (reports: readonly VerifyReport[]) => inTotals(addedUp(reports));

/** Adds up several reports. The worst status among them is the status of all. */
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
