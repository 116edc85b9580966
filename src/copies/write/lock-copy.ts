/** Locks the objects of a copy, so that nobody removes or replaces them before their time. */
import { isKind } from "../../contract/errors.ts";
import { SnapshotError } from "../../snapshot/format/errors.ts";
import { inParallel } from "../../units/in-parallel.ts";
import { toRfc3339 } from "../../units/range.ts";
import { COPY_FILE } from "../format/copy-file.ts";
import type { Place } from "../place/place.ts";
import type { FoundCopy } from "../read/find-copy.ts";

/**
 * Locks a whole copy until this time, `copy.json` last: where that is locked, everything is. No lock is shortened.
 * @param until ns @throws SnapshotError, saying that the copy is whole; the signal's reason
 */
export async function lockCopy(
  place: Place,
  { copy: { snapshot, objects } }: Pick<FoundCopy, "copy">,
  until: bigint,
): Promise<void> {
  const last = `${snapshot}/${COPY_FILE}`;
  if (await isLocked(place, last, until)) return;
  try {
    await inParallel(objects, ({ name }) => lock(place, `${snapshot}/${name}`, until));
    await lock(place, last, until);
  } catch (cause) {
    if (!isKind(cause, "refused", "invalid", "not-found", "temporary")) throw cause;
    throw new SnapshotError(
      `the copy ${place.shown(snapshot)} is whole, but not all of it is locked until ${toRfc3339(until)}: ${cause.message}`,
      {
        hint: "A lock needs a bucket that was made with object lock, and the permission to set it. The same command goes on.",
        cause,
      },
    );
  }
}

async function lock(place: Place, object: string, until: bigint): Promise<void> {
  try {
    await place.retainUntil?.(object, until);
  } catch (error) {
    // It may be locked for longer already.
    if (!isKind(error, "refused") || !(await isLocked(place, object, until))) throw error;
  }
}

const isLocked = async (place: Place, object: string, until: bigint): Promise<boolean> =>
  ((await place.stat(object))?.retainedUntil ?? 0n) >= until;
