import * as v from "valibot";
import { LEVELS } from "../config/logs.ts";
import type { LogsDone } from "../retention/logs/carry-out.ts";
import type { LogRetentionPlan } from "../tasks/retention-logs.ts";
import { given } from "../units/given.ts";
import { absolutePath, undoneSchema } from "./parts.ts";
import { defineResult, type ValueOf } from "./result.ts";

export const RETENTION_LOGS = defineResult({
  name: "retention.logs",
  version: 1,
  about: "rotated log files that are compressed or removed",
  schema: v.object({
    directory: absolutePath,
    due: v.array(
      v.object({
        file: v.pipe(v.string(), v.description("below the directory")),
        action: v.picklist(["compress", "remove"]),
        bytes: v.number(),
        ageSeconds: v.pipe(v.number(), v.description("since it was last written to")),
        level: v.optional(v.pipe(v.picklist(LEVELS), v.description("that decides how long it is kept"))),
        done: v.pipe(v.boolean(), v.description("false of all where nothing was carried out")),
        compressed: v.optional(v.object({ file: v.string(), bytes: v.number() })),
      }),
    ),
    left: v.pipe(v.array(undoneSchema), v.description("something was due, and it stays for now")),
  }),
});

/** @param done absent: nothing was carried out */
export function retentionLogsJson(
  { directory, items, left }: LogRetentionPlan,
  done?: LogsDone,
): ValueOf<typeof RETENTION_LOGS> {
  const removed = new Set(done?.removed.map(({ file }) => file));
  const compressed = new Map(
    done?.compressed.map(({ file, to, bytesAfter }) => [file, { file: to, bytes: bytesAfter }]),
  );
  return {
    directory,
    due: items.map(({ file, action, bytes, ageMs, level }) => ({
      ...{
        file,
        action,
        bytes,
        ageSeconds: Math.round(ageMs / 1_000),
        done: removed.has(file) || compressed.has(file),
      },
      ...given({ level, compressed: compressed.get(file) }),
    })),
    left: [...left, ...(done?.left ?? [])].map(({ file, reason }) => ({ subject: file, reason })),
  };
}
