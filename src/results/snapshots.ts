import * as v from "valibot";
import type { Converted } from "../convert/openmetrics.ts";
import { CHECK_DEPTHS } from "../copies/record/known-copies.ts";
import { coverageOf } from "../snapshot/catalog/coverage.ts";
import { erasedSchema, type Manifest, manifestSchema, statusSchema } from "../snapshot/format/manifest.ts";
import { rangeSchema, rangeToText } from "../snapshot/format/range-text.ts";
import type { ListedSnapshot, SnapshotListing } from "../tasks/list-snapshots.ts";
import { given } from "../units/given.ts";
import { absolutePath, snapshotJson, snapshotSchema, time, verbatim } from "./parts.ts";
import { defineResult, type ValueOf } from "./result.ts";

/** A kept snapshot with its status and its size in bytes, as JSON. */
export const keptSchema = v.object({ ...snapshotSchema.entries, status: statusSchema, bytes: v.number() });

/** A kept snapshot, without its contents. */
export const keptJson = ({
  path: at,
  manifest,
}: {
  readonly path: string;
  readonly manifest: Pick<Manifest, "status" | "bytes">;
}): v.InferOutput<typeof keptSchema> => ({
  ...snapshotJson(at),
  status: manifest.status,
  bytes: manifest.bytes,
});

/** What is left alone, and why. */
export const unreadableSchema = v.object({ ...snapshotSchema.entries, reason: v.string() });

/** The same as JSON. */
export const unreadableJson = (all: readonly { readonly path: string; readonly reason: string }[]) =>
  all.map(({ path: at, reason }) => ({ ...snapshotJson(at), reason }));

const whole = v.pipe(v.number(), v.integer());

const heldSchema = v.pipe(
  v.array(
    v.object({
      place: v.string(),
      verified: v.pipe(time, v.description("when it was last looked at")),
      depth: v.pipe(
        v.picklist(CHECK_DEPTHS),
        v.description(
          "what was looked at: names, sizes and checksums that the store knows; a part of the data; all of it",
        ),
      ),
      sound: v.pipe(v.boolean(), v.description("nothing was wrong with it, so it counts as held")),
      proved: v.optional(
        v.pipe(time, v.description("when all of its data was last written, each object checked, or read")),
      ),
    }),
  ),
  v.description("the copies in places that are known of"),
);

const heldJson = (held: ListedSnapshot["held"]) =>
  held.map(({ place, proved, checked: { at, depth, sound } }) => ({
    place,
    verified: at,
    depth,
    sound,
    ...given({ proved }),
  }));

const coverageSchema = v.array(
  v.object({ backend: v.string(), covered: v.array(rangeSchema), gaps: v.array(rangeSchema) }),
);

export const SNAPSHOTS_LIST = defineResult({
  name: "snapshots.list",
  version: 1,
  about: "the kept snapshots, oldest first, and what they cover",
  schema: v.object({
    directory: absolutePath,
    place: v.optional(v.pipe(v.string(), v.description("the place that was listed, and not the directory"))),
    snapshots: v.array(
      v.object({
        ...keptSchema.entries,
        created: time,
        range: rangeSchema,
        backends: v.array(
          v.object({
            backend: v.string(),
            status: v.pipe(statusSchema, v.description("of its part")),
            match: v.optional(v.pipe(v.string(), v.description("only what this selector chose"))),
            continues: v.optional(
              v.pipe(v.string(), v.description("the snapshot that holds what came before")),
            ),
          }),
        ),
        erased: v.optional(
          v.pipe(
            v.array(v.pick(erasedSchema, ["at", "why", "counts", "backends"])),
            v.description("what was taken out of it since it was made"),
          ),
        ),
        here: v.pipe(v.boolean(), v.description("it is in the directory, or there is only a copy")),
        places: heldSchema,
      }),
    ),
    sealed: v.pipe(
      v.array(
        v.object({
          ...snapshotSchema.entries,
          created: v.pipe(time, v.description("when the copy was made")),
          bytes: v.pipe(whole, v.description("as they are stored")),
          places: heldSchema,
        }),
      ),
      v.description(
        "of a place, copies that nobody here can decrypt and of whose snapshots nothing is known here",
      ),
    ),
    unfinished: v.pipe(
      v.array(v.object({ path: v.string() })),
      v.description("interrupted exports, and exports in progress; of a place, copies"),
    ),
    unreadable: v.array(unreadableSchema),
    coverage: coverageSchema,
  }),
});

/** The same, as it was printed. */
export type SnapshotsList = ValueOf<typeof SNAPSHOTS_LIST>;

export const SNAPSHOTS_COVERAGE = defineResult({
  name: "snapshots.coverage",
  version: 1,
  about: "which part of each backend's time line the kept snapshots hold",
  schema: v.object({ coverage: coverageSchema }),
});

export const PLACES = defineResult({
  name: "places",
  version: 1,
  about: "the places for copies, and what is known of the copies there, without asking them",
  schema: v.object({
    places: v.array(
      v.object({
        place: v.string(),
        plugin: v.string(),
        receivesExports: v.pipe(v.boolean(), v.description("every export is copied there")),
        copiesTotal: whole,
        soundTotal: v.pipe(whole, v.description("copies that count as held")),
        snapshotBytes: v.pipe(whole, v.description("of the sound copies' snapshots, before encryption")),
        snapshot: v.optional(v.pipe(snapshotSchema, v.description("the newest one that is held there"))),
        verified: v.optional(v.pipe(time, v.description("when a copy was last looked at"))),
      }),
    ),
  }),
});

/** Which snapshots there are, and where. */
export const snapshotsJson = (listing: SnapshotListing): ValueOf<typeof SNAPSHOTS_LIST> => ({
  directory: listing.backups,
  ...given({ place: listing.place }),
  snapshots: listing.snapshots.map(({ snapshot, isHere, held }) => ({
    ...keptJson(snapshot),
    created: snapshot.manifest.created,
    range: snapshot.manifest.range,
    backends: snapshot.manifest.plugins.map(({ name, status, match, parent }) => ({
      backend: name,
      status,
      match,
      continues: parent?.snapshot,
    })),
    ...given({ erased: snapshot.manifest.erased?.map(({ event: _, was: __, ...erased }) => erased) }),
    here: isHere,
    places: heldJson(held),
  })),
  sealed: listing.sealed.map(({ path: at, created, bytes, held }) => ({
    ...snapshotJson(at),
    created,
    bytes,
    places: heldJson(held),
  })),
  unfinished: listing.unfinished.map(({ path: at }) => ({ path: at })),
  unreadable: unreadableJson(listing.unreadable),
  coverage: coverageOf(listing.snapshots.map(({ snapshot }) => snapshot)).backends.map(
    ({ backend, covered, gaps }) => ({
      backend,
      covered: covered.map(rangeToText),
      gaps: gaps.map(rangeToText),
    }),
  ),
});

export const SNAPSHOTS_SHOW = defineResult({
  name: "snapshots.show",
  version: 1,
  about: "one snapshot's manifest",
  schema: v.object({
    snapshot: snapshotSchema,
    manifest: verbatim(manifestSchema, "as it is specified in [snapshot-format.md](snapshot-format.md)"),
  }),
});

export const SNAPSHOTS_DIFF = defineResult({
  name: "snapshots.diff",
  version: 1,
  about: "in which records two snapshots differ",
  schema: v.object({
    a: snapshotSchema,
    b: snapshotSchema,
    equal: v.boolean(),
    backends: v.array(
      v.object({
        backend: v.string(),
        equal: v.boolean(),
        units: v.array(
          v.object({
            unit: v.string(),
            more: v.pipe(v.number(), v.description("in b and not in a")),
            fewer: v.pipe(v.number(), v.description("in a and not in b")),
            changed: v.pipe(v.number(), v.description("objects that are in both, and not the same")),
            both: v.number(),
          }),
        ),
      }),
    ),
    files: v.array(
      v.object({
        file: v.string(),
        unit: v.string(),
        both: v.number(),
        onlyA: v.number(),
        onlyB: v.number(),
      }),
    ),
  }),
});

export const SNAPSHOTS_CONVERT = defineResult({
  name: "snapshots.convert",
  version: 1,
  about: "what was written in another format, and what that format cannot say",
  schema: v.object({
    snapshot: snapshotSchema,
    path: absolutePath,
    format: v.picklist(["openmetrics"]),
    counts: v.object({ samples: whole }),
    omitted: v.object({ staleMarkers: whole, nanPayloads: whole, histograms: whole }),
  }),
});

/** @param from the snapshot's path @param to the file's */
export const convertJson = (
  from: string,
  to: string,
  { samples, stale, nanPayloads, histograms }: Converted,
): ValueOf<typeof SNAPSHOTS_CONVERT> => ({
  snapshot: snapshotJson(from),
  path: to,
  format: "openmetrics",
  counts: { samples },
  omitted: { staleMarkers: stale, nanPayloads, histograms },
});
