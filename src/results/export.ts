import * as v from "valibot";
import { objectOf } from "../contract/any-names.ts";
import type { ExportResult } from "../export/types.ts";
import { type ManifestPlugin, statusSchema } from "../snapshot/format/manifest.ts";
import { rangeSchema } from "../snapshot/format/range-text.ts";
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
  }),
});

/** What an export wrote, from its manifest. */
export const exportJson = ({ path, manifest }: ExportResult): ValueOf<typeof EXPORT> => ({
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
});

/** Of all its files, as they are stored. */
export const bytesOf = ({ files }: ManifestPlugin): number =>
  files.reduce((sum, { bytes }) => sum + bytes, 0);
