import * as v from "valibot";
import { objectOf } from "../contract/any-names.ts";
import type { ExportEstimate } from "../inventory/export-size.ts";
import { type ManifestPlugin, statusSchema } from "../snapshot/format/manifest.ts";
import { rangeSchema, rangeToText } from "../snapshot/format/range-text.ts";
import type { Exported } from "../tasks/copy-exported.ts";
import type { SnapshotPlan } from "../tasks/export.ts";
import { given } from "../units/given.ts";
import { absolutePath, snapshotJson, snapshotSchema } from "./parts.ts";
import { defineResult, type ValueOf } from "./result.ts";

export const EXPORT = defineResult({
  name: "export",
  version: 1,
  about: "the snapshot that was written, and what it lacks",
  schema: v.object({
    snapshot: v.optional(
      v.pipe(
        snapshotSchema,
        v.description("absent: no backend could be asked for anything, so none was made"),
      ),
    ),
    status: statusSchema,
    range: rangeSchema,
    bytes: v.number(),
    backends: v.array(
      v.object({
        backend: v.string(),
        status: statusSchema,
        counts: objectOf(v.number()),
        parent: v.optional(
          v.pipe(v.string(), v.description("the name of the snapshot that this one continues")),
        ),
        bytes: v.number(),
        agrees: v.optional(v.pipe(v.boolean(), v.description("our counts equal the server's own"))),
        problems: v.pipe(
          v.array(
            v.object({
              kind: v.string(),
              reason: v.string(),
              ranges: v.array(rangeSchema),
              items: v.array(v.string()),
              itemsTotal: v.number(),
            }),
          ),
          v.description("as in the manifest"),
        ),
      }),
    ),
    copied: v.pipe(
      v.array(
        v.object({
          place: v.string(),
          snapshots: v.pipe(
            v.array(snapshotSchema),
            v.description("what is there now: it, and what it continues"),
          ),
          reason: v.optional(v.pipe(v.string(), v.description("why it was not copied"))),
        }),
      ),
      v.description("the copies that the configuration asks for"),
    ),
  }),
});

const sizeSchema = v.object({
  bytes: v.pipe(v.number(), v.description("the most likely size, uncompressed")),
  low: v.number(),
  high: v.number(),
});

export const EXPORT_PLAN = defineResult({
  name: "export.plan",
  version: 1,
  about: "what an export would read, and where it would write it",
  schema: v.object({
    directory: v.optional(v.pipe(absolutePath, v.description("where snapshots are kept"))),
    place: v.optional(v.pipe(v.string(), v.description("the place that it would go straight into"))),
    partial: v.optional(
      v.pipe(
        v.string(),
        v.description("the interrupted export that would be finished: absolute, or PLACE:NAME"),
      ),
    ),
    backends: v.array(
      v.object({
        backend: v.string(),
        url: v.optional(v.string()),
        range: rangeSchema,
        match: v.optional(v.string()),
        parent: v.optional(
          v.pipe(v.string(), v.description("the name of the snapshot that this one would continue")),
        ),
        size: v.optional(sizeSchema),
        flushes: v.pipe(
          v.boolean(),
          v.description(
            "the server would be asked to make readable what it holds in memory; a dry run does not ask",
          ),
        ),
      }),
    ),
    unreached: v.array(v.object({ backend: v.string(), reason: v.string() })),
    size: v.optional(v.pipe(sizeSchema, v.description("of all whose size is known"))),
    freeBytes: v.optional(v.number()),
  }),
});

/** What would be read and written. */
export const exportPlanJson = ({ job, to, partial, outlook }: SnapshotPlan): ValueOf<typeof EXPORT_PLAN> => ({
  ...(typeof to === "string" ? { directory: to } : { place: to.place.name }),
  partial,
  backends: job.backends.map(({ open, request, parent }) => ({
    backend: open.name,
    url: open.url,
    range: rangeToText(request.range),
    match: request.match,
    parent: parent?.snapshot,
    size: sizeJson(outlook?.sizes.get(open.name)),
    flushes: partial === undefined && open.backend.flush !== undefined,
  })),
  unreached: job.failures.map(({ name, reason }) => ({ backend: name, reason })),
  size: sizeJson(outlook?.size),
  freeBytes: outlook?.freeBytes,
});

const sizeJson = (size: ExportEstimate | undefined): v.InferOutput<typeof sizeSchema> | undefined =>
  size?.known ? { bytes: size.likely, low: size.low, high: size.high } : undefined;

/** What an export wrote, from its manifest. */
export const exportJson = ({ path, manifest, copied }: Exported): ValueOf<typeof EXPORT> => ({
  snapshot: path === undefined ? undefined : snapshotJson(path),
  status: manifest.status,
  range: manifest.range,
  bytes: manifest.bytes,
  backends: manifest.plugins.map((plugin) => ({
    backend: plugin.name,
    status: plugin.status,
    counts: plugin.counts,
    ...(plugin.parent == null ? {} : { parent: plugin.parent.snapshot }),
    bytes: bytesOf(plugin),
    agrees: plugin.agrees,
    problems: plugin.problems,
  })),
  copied: copied.map(({ place, report, failure }) => ({
    place,
    snapshots: report?.copies.map(({ snapshot }) => snapshotJson(snapshot.path)) ?? [],
    ...given({ reason: failure }),
  })),
});

/** Of all its files, as they are stored. */
export const bytesOf = ({ files }: ManifestPlugin): number =>
  files.reduce((sum, { bytes }) => sum + bytes, 0);
