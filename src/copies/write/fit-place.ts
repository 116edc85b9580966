/** What a place must do before a copy there is worth something. */
import { SnapshotError } from "../../snapshot/format/errors.ts";
import type { Storage } from "../../storage/storage.ts";
import { SUMS_FILE } from "../format/sums.ts";
import type { Place } from "../place/place.ts";
import { fromMemory, type Outgoing } from "./outgoing.ts";
import { newObject } from "./send.ts";

/** A snapshot on its way into a place. */
interface OnItsWay {
  readonly snapshot: Storage;
  readonly name: string;
  readonly place: Place;
}

/** An object that was written is not written again "only if absent". @throws SnapshotError where it is: there a second writer is not stopped */
export async function requireHeeding(place: Place, folder: string, written: Outgoing): Promise<void> {
  const outcome = await place.write(() => newObject(written, { folder, ifAbsent: true }));
  if (outcome === "there already") return;
  throw new SnapshotError(`${place.name} ignores that an object is to be written only if it is absent`, {
    hint: "Two who write there at once would not know of each other: use another store.",
  });
}

/**
 * A place may keep its objects in the snapshots directory, by another path, a link or a mount. There the snapshot would be its own
 * copy, and letting go of one would be to lose both.
 * @param hasCopy whether a finished copy was there before
 * @throws SnapshotError when what is written there appears beside the snapshot's files
 */
export async function requireElsewhere(
  { place, name: folder, snapshot }: OnItsWay,
  hasCopy: boolean,
): Promise<void> {
  // No snapshot has one by itself: it is this place's, or came back with a copy.
  if ((await snapshot.stat(SUMS_FILE)) === undefined) return;
  const probe = `contextcore-probe-${crypto.randomUUID()}`;
  await place.write(() => newObject(fromMemory(probe, Buffer.from(probe)), { folder, ifAbsent: true }));
  const isHere = (await snapshot.stat(probe)) !== undefined;
  await place.remove(`${folder}/${probe}`);
  if (!isHere) return;
  if (!hasCopy) await place.remove(`${folder}/${SUMS_FILE}`);
  throw new SnapshotError(`${place.name} keeps its objects where the snapshots are: ${snapshot.root}`, {
    hint: "It would hold nothing of its own: let the store use another directory, on another disk.",
  });
}
