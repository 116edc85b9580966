import * as v from "valibot";
import type { Pruned, PrunePlan } from "../tasks/prune.ts";
import { given } from "../units/given.ts";
import { time } from "./parts.ts";
import { defineResult, type ValueOf } from "./result.ts";
import { keptJson, keptSchema, unreadableJson, unreadableSchema } from "./snapshots.ts";

export const SNAPSHOTS_PRUNE = defineResult({
  name: "snapshots.prune",
  version: 1,
  about: "which snapshots a policy keeps, and which were removed",
  schema: v.object({
    place: v.optional(v.pipe(v.string(), v.description("the place whose copies are meant"))),
    snapshots: v.array(
      v.object({
        ...keptSchema.entries,
        keep: v.boolean(),
        damage: v.optional(
          v.pipe(
            v.string(),
            v.description("what is wrong with it: nothing else goes because of what it holds"),
          ),
        ),
        reasons: v.pipe(v.array(v.string()), v.description("why it is kept")),
        places: v.pipe(
          v.array(v.object({ place: v.string(), proved: v.optional(time) })),
          v.description("verified copies elsewhere, and when all of their data was last known to be right"),
        ),
        removed: v.pipe(
          v.boolean(),
          v.description(
            "false of one that is not kept: it has changed since the plan, or nothing was removed",
          ),
        ),
      }),
    ),
    leftovers: v.pipe(
      v.array(v.object({ path: v.string(), reason: v.string() })),
      v.description("what interrupted removals and copies have left, and a prune removes"),
    ),
    withheld: v.pipe(
      v.array(v.object({ path: v.string(), reason: v.string() })),
      v.description("what the place did not let go"),
    ),
    unreadable: v.pipe(v.array(unreadableSchema), v.description("left alone")),
  }),
});

/** @param result absent: nothing was removed */
export function pruneJson(
  { place, decisions, leftovers, unreadable, damaged, heldIn }: PrunePlan,
  result?: Pruned,
): ValueOf<typeof SNAPSHOTS_PRUNE> {
  const gone = new Set(result?.removed.map(({ path: at }) => at));
  const snapshots = decisions.map(({ snapshot, reasons }) => ({
    ...keptJson(snapshot),
    keep: reasons.length > 0,
    ...given({ damage: damaged.get(snapshot.path) }),
    reasons,
    places: (heldIn.get(snapshot.manifest.sha256) ?? []).map((copy) => ({
      place: copy.place,
      ...given({ proved: copy.proved }),
    })),
    removed: gone.has(snapshot.path),
  }));
  return {
    ...given({ place }),
    snapshots,
    leftovers: leftovers.map(({ path, what }) => ({ path, reason: what })),
    withheld: (result?.withheld ?? []).map(({ object, reason }) => ({ path: object, reason })),
    unreadable: unreadableJson(unreadable),
  };
}
