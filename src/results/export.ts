import * as v from "valibot";
import { objectOf } from "../contract/any-names.ts";
import { type ManifestPlugin, statusSchema } from "../snapshot/format/manifest.ts";
import { rangeSchema } from "../snapshot/format/range-text.ts";
import type { Exported } from "../tasks/copy-exported.ts";
import { given } from "../units/given.ts";
import { snapshotJson, snapshotSchema } from "./parts.ts";
import { defineResult, type ValueOf } from "./result.ts";

export const EXPORT = defineResult({
  name: "export",
  version: 1,
  about: "the snapshot that was written",
  schema: v.object({
    snapshot: snapshotSchema,
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

/** What an export wrote, from its manifest. */
export const exportJson = ({ path, manifest, copied }: Exported): ValueOf<typeof EXPORT> => ({
  snapshot: snapshotJson(path),
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
