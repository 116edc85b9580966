import * as v from "valibot";
import { objectOf } from "../contract/any-names.ts";
import type { ArchivePlan, ArchiveResult } from "../tasks/retention-archive.ts";
import { toRfc3339 } from "../units/range.ts";
import { time } from "./parts.ts";
import { defineResult, type ValueOf } from "./result.ts";

const counts = objectOf(v.number());

const archivedSchema = v.object({
  snapshot: v.object({ name: v.string(), path: v.string(), sha256: v.string() }),
  counts,
  removed: v.optional(v.pipe(counts, v.description("what is gone here, by unit; absent: it stays"))),
  state: v.optional(v.picklist(["expired", "owed", "impossible"])),
  reason: v.optional(v.string()),
});

export const RETENTION_ARCHIVE = defineResult({
  name: "retention.archive",
  version: 1,
  about: "what was moved into places, or would be, and what became of it here",
  schema: v.object({
    archives: v.array(
      v.object({
        backend: v.string(),
        place: v.string(),
        from: time,
        before: v.pipe(time, v.description("what is older than this is archived")),
        afterwards: v.pipe(v.picklist(["keep", "delete"]), v.description("what becomes of it here")),
        counts: v.pipe(counts, v.description("how much it is, by unit, where the backend can tell")),
        archived: v.optional(v.pipe(archivedSchema, v.description("absent: it was not archived"))),
      }),
    ),
    stays: v.pipe(
      v.array(
        v.object({
          backend: v.string(),
          reason: v.string(),
          owed: v.pipe(v.boolean(), v.description("it should be gone, and could not go now")),
          until: v.optional(v.pipe(time, v.description("when it can go at the earliest"))),
        }),
      ),
      v.description("old enough, and here all the same"),
    ),
  }),
});

/** @param result absent: nothing was carried out */
export function archiveJson(
  { items, stays }: ArchivePlan,
  result?: ArchiveResult,
): ValueOf<typeof RETENTION_ARCHIVE> {
  const archivedOf = (backend: string) => {
    const one = result?.archived.find((done) => done.backend === backend);
    if (one === undefined) return undefined;
    const { snapshot, counts: saved, letGo } = one;
    return { snapshot, counts: saved, removed: letGo?.counts, state: letGo?.state, reason: letGo?.reason };
  };
  return {
    archives: items.map(({ backend, to, from, before, afterwards, counts: found }) => ({
      ...{ backend, place: to, from: toRfc3339(from), before: toRfc3339(before), afterwards, counts: found },
      archived: archivedOf(backend),
    })),
    stays: (result?.stays ?? stays).map(({ name, reason, isOwed, until }) => ({
      ...{ backend: name, reason, owed: isOwed === true, until },
    })),
  };
}
