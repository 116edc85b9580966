import * as v from "valibot";
import { objectOf } from "../contract/any-names.ts";
import type { Archived, ArchivePlan } from "../tasks/retention-archive.ts";
import { toRfc3339 } from "../units/range.ts";
import { time } from "./parts.ts";
import { defineResult, type ValueOf } from "./result.ts";

const counts = objectOf(v.number());

export const RETENTION_ARCHIVE = defineResult({
  name: "retention.archive",
  version: 1,
  about: "what was moved into a place, or would be, and what became of it here",
  schema: v.object({
    backend: v.string(),
    place: v.string(),
    from: v.optional(v.pipe(time, v.description("absent: there is nothing to archive"))),
    before: v.pipe(time, v.description("what is older than this is archived")),
    afterwards: v.pipe(v.picklist(["keep", "delete"]), v.description("what becomes of it here")),
    counts: v.pipe(counts, v.description("how much it is, by unit, where the backend can tell")),
    archived: v.optional(
      v.pipe(
        v.object({
          snapshot: v.object({ name: v.string(), path: v.string(), sha256: v.string() }),
          counts,
          removed: v.optional(
            v.pipe(counts, v.description("what is gone here, by unit; absent: it was to stay")),
          ),
          state: v.optional(v.picklist(["expired", "owed", "impossible"])),
          reason: v.optional(v.string()),
        }),
        v.description("absent: nothing was carried out"),
      ),
    ),
  }),
});

/** @param result absent: nothing was carried out */
export const archiveJson = (
  { backend, to, from, before, afterwards, counts: found }: ArchivePlan,
  result?: Archived,
): ValueOf<typeof RETENTION_ARCHIVE> => ({
  ...{ backend, place: to, before: toRfc3339(before), afterwards, counts: found },
  ...(from !== undefined && { from: toRfc3339(from) }),
  ...(result !== undefined && {
    archived: {
      snapshot: result.snapshot,
      counts: result.counts,
      ...(result.letGo !== undefined && {
        removed: result.letGo.counts,
        state: result.letGo.state,
        reason: result.letGo.reason,
      }),
    },
  }),
});
