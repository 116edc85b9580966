/** What cannot be looked through: exports that are not finished, copies that nobody here can read, places that do not answer. */
import type { Config } from "../config/config.ts";
import { snapshotName } from "../snapshot/format/name.ts";
import { listPartials } from "../snapshot/write/partial.ts";
import type { CopyThere, EverySnapshot, Everywhere } from "./everywhere.ts";
import { SEALED_HERE } from "./owed.ts";
import type { Unsearched } from "./subject-found.ts";

/** Each with the reason. @throws SnapshotError when the snapshots directory cannot be read */
export async function unsearchedIn(
  { snapshots, unasked, unreadable, unfinished }: Everywhere,
  { backups }: Pick<Config, "backups">,
): Promise<Unsearched[]> {
  const partials = (await listPartials(backups)).map(
    (path): Unsearched => ({ source: "snapshot", name: snapshotName(path), reason: UNFINISHED }),
  );
  return [
    ...partials,
    ...unfinished.map(
      ({ path, finishedBy }): Unsearched => ({
        source: "copy",
        name: path,
        reason: `it is not finished: ${finishedBy} finishes it`,
      }),
    ),
    ...unreadable.map(({ path, reason }): Unsearched => ({ source: "snapshot", name: path, reason })),
    ...unasked.map(({ place, reason }): Unsearched => ({ source: "copy", name: place, reason })),
    ...snapshots.flatMap(ofOne),
  ];
}

const UNFINISHED =
  "an export that is not finished is looked through once it is: contextcore export --resume finishes it";

function ofOne({ kept, sha256, copies, superseded }: EverySnapshot): Unsearched[] {
  if (kept === undefined)
    return copies.map((copy) => ({ source: "copy", name: shown(copy), reason: SEALED_HERE }));
  const stale = copies.filter(({ manifest }) => manifest !== sha256).map(shown);
  return [
    ...stale.map((name): Unsearched => ({ source: "copy", name, reason: STALE, isStale: true })),
    ...superseded.map(
      ({ path }): Unsearched => ({ source: "snapshot", name: path, reason: STALE, isStale: true }),
    ),
  ];
}

const STALE =
  "it is what the snapshot was before something was erased from it: contextcore subject retry replaces it";

const shown = ({ place, name }: CopyThere): string => `${place}:${name}`;
