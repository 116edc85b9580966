/** A copy that is written while its snapshot is written anew without some data: it would bring back what was let go. */
import { dirname } from "node:path";
import { COPY_FILE } from "../copies/format/copy-file.ts";
import type { Place } from "../copies/place/place.ts";
import { nameOf } from "../snapshot/catalog/chain.ts";
import { type KeptSnapshot, readKept } from "../snapshot/catalog/kept.ts";
import { isKnownAs } from "../snapshot/catalog/lineage.ts";
import { SnapshotError } from "../snapshot/format/errors.ts";
import { keepsMore } from "./everywhere-heads.ts";
import { asListed } from "./list-snapshots.ts";
import { removeForGood } from "./removals.ts";
import type { TaskContext } from "./task/task.ts";

/** What is copied, and to where. */
interface Copying {
  readonly place: Place;
  readonly snapshot: KeptSnapshot;
  readonly running: Pick<TaskContext, "config" | "signal">;
}

/**
 * Writes a copy. If what is copied from here has a successor here by then, what was written is removed again.
 * @throws SnapshotError in that case; what the writing throws
 */
export async function unlessReplaced<Written>(
  copying: Copying,
  write: () => Promise<Written>,
): Promise<Written> {
  if (!(await isConcerned(copying))) return write();
  try {
    const written = await write();
    await requireNoSuccessor(copying);
    return written;
  } catch (error) {
    copying.running.signal.throwIfAborted();
    if (!(error instanceof ReplacedError)) await requireNoSuccessor(copying, error);
    throw error;
  }
}

/** A copy that was there before is found by whoever writes the snapshot anew. */
const isConcerned = async ({ place, snapshot, running }: Copying): Promise<boolean> =>
  dirname(snapshot.path) === running.config.backups &&
  (await place.stat(`${nameOf(snapshot)}/${COPY_FILE}`)) === undefined;

class ReplacedError extends SnapshotError {}

async function requireNoSuccessor({ place, snapshot, running }: Copying, cause?: unknown): Promise<void> {
  const now = await successorHere(running, snapshot);
  if (now === undefined || keepsMore(place.name, { now, manifest: snapshot.manifest.sha256 }, running.config))
    return;
  const withheld = await removeForGood(running.config, place, nameOf(snapshot));
  const left = withheld.length === 0 ? "" : `, and ${place.name} does not let go of what was written there`;
  throw new ReplacedError(`${snapshot.path} was written anew meanwhile without some of its data${left}`, {
    hint: `Copy what it is now: contextcore snapshots copy ${nameOf(now)} --to ${place.name}`,
    cause,
  });
}

/** What the snapshot is now, if that is here. */
async function successorHere(
  { config: { backups } }: Pick<TaskContext, "config">,
  { manifest: { sha256 } }: KeptSnapshot,
): Promise<KeptSnapshot | undefined> {
  const { snapshots } = await readKept(backups, asListed);
  return snapshots.find(({ manifest }) => manifest.sha256 !== sha256 && isKnownAs(manifest, sha256));
}
