/** Snapshots that were made while an erasure was going on. */
import type { SubjectOutcome } from "../retention/subjects/requests/request.ts";
import { readKept } from "../snapshot/catalog/kept.ts";
import { hashesOf } from "../snapshot/catalog/lineage.ts";
import { snapshotName } from "../snapshot/format/name.ts";
import { listPartials } from "../snapshot/write/partial.ts";
import { fromMs, toRfc3339 } from "../units/range.ts";
import { asListed } from "./list-snapshots.ts";
import type { Search } from "./subject-found.ts";
import type { TaskContext } from "./task/task.ts";

/** Each is owed: nobody has looked through it. A snapshot that was written anew is known by what it was. */
export async function madeSince(
  { config: { backups } }: Pick<TaskContext, "config">,
  { looked, unsearched }: Pick<Search, "looked" | "unsearched">,
): Promise<SubjectOutcome[]> {
  const told = new Set(unsearched.map(({ name }) => name));
  const { snapshots } = await readKept(backups, asListed);
  const paths = [
    ...snapshots
      .filter(({ manifest }) => !hashesOf(manifest).some((hash) => looked.has(hash)))
      .map(({ path }) => path),
    ...(await listPartials(backups)),
  ];
  const at = toRfc3339(fromMs(Date.now()));
  return [...new Set(paths.map(snapshotName))]
    .filter((name) => !told.has(name))
    .map((name) => ({
      ...{ source: "snapshot", name, unit: "records", count: 0, state: "owed", at },
      reason: "it was made meanwhile, and is looked through at the next try",
    }));
}
