import * as v from "valibot";
import { reasonedSchema } from "../snapshot/catalog/chain-report.ts";
import type { CopyReport } from "../tasks/copy.ts";
import { given } from "../units/given.ts";
import { snapshotJson, snapshotSchema, time } from "./parts.ts";
import { defineResult, type ValueOf } from "./result.ts";

const whole = v.pipe(v.number(), v.integer());

export const SNAPSHOTS_COPY = defineResult({
  name: "snapshots.copy",
  version: 1,
  about: "which snapshots were copied to a place, and which others that they continue are not there",
  schema: v.object({
    place: v.string(),
    copied: v.array(
      v.object({
        snapshot: snapshotSchema,
        copy: v.pipe(v.string(), v.description("PLACE:NAME")),
        sha256: v.pipe(v.string(), v.description("of copy.json, as the trail has it")),
        objectsTotal: whole,
        bytes: whole,
        lockedUntil: v.optional(
          v.pipe(time, v.description("until when its place lets nobody remove or replace it")),
        ),
        sent: v.pipe(
          v.object({ objectsTotal: whole, bytes: whole }),
          v.description("what was not there yet"),
        ),
      }),
    ),
    lacking: v.pipe(
      v.array(reasonedSchema),
      v.description("snapshots that these continue, and that are not in the place"),
    ),
  }),
});

/** What a copy did. */
export const copyJson = ({ place, copies, lacking }: CopyReport): ValueOf<typeof SNAPSHOTS_COPY> => ({
  place,
  copied: copies.map(({ snapshot, where, sha256, copy: { objects }, sent, lockedUntil }) => ({
    snapshot: snapshotJson(snapshot.path),
    copy: where,
    sha256,
    objectsTotal: objects.length,
    bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
    ...given({ lockedUntil }),
    sent: { objectsTotal: sent.objects, bytes: sent.bytes },
  })),
  lacking,
});
