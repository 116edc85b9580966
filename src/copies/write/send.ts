/** Sends one object, or finds that it is there. */
import type { NewObject, StoredObject } from "../../contract/contract.ts";
import { SnapshotError } from "../../snapshot/format/errors.ts";
import type { CopyObject } from "../format/copy-file.ts";
import type { Place } from "../place/place.ts";
import type { Outgoing } from "./outgoing.ts";

interface SendRequest {
  readonly place: Place;
  /** The copy's name. */
  readonly folder: string;
  readonly file: Outgoing;
  /** What has its name is not as it should be, and is replaced. */
  readonly replaces: boolean;
}

/**
 * Sends an object whole, or not at all.
 * @returns false when somebody else has written the same meanwhile
 * @throws SnapshotError when it is damaged here, or something else has its name there; PluginError
 */
export async function send({ place, folder, file, replaces }: SendRequest): Promise<boolean> {
  const name = `${folder}/${file.name}`;
  let damage: unknown;
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* file.pieces();
    } catch (error) {
      damage = error;
      throw error;
    }
  };
  try {
    const watched = { ...file, pieces };
    const outcome = await place.write(() => newObject(watched, { folder, ifAbsent: !replaces }));
    if (outcome === "written") return true;
  } catch (error) {
    throw damage ?? error;
  }
  const found = await place.stat(name);
  if (found !== undefined && (await isSameObject(place, found, file))) return false;
  throw nameTaken(place.shown(name), "it is there, and holds something else");
}

/** The file as a store takes it. */
export const newObject = (
  file: Outgoing,
  { folder, ifAbsent }: { readonly folder: string; readonly ifAbsent: boolean },
): NewObject => ({
  name: `${folder}/${file.name}`,
  size: file.bytes,
  sha256: file.sha256,
  bytes: file.pieces(),
  ifAbsent,
});

/**
 * Whether a stored object is this one: by its size and its checksum, which is asked for, or else found out from its bytes.
 */
export async function isSameObject(place: Place, found: StoredObject, object: CopyObject): Promise<boolean> {
  if (found.size !== object.bytes) return false;
  const { sha256 = (await place.stat(found.name))?.sha256 } = found;
  return (sha256 ?? (await place.hash(found.name))) === object.sha256;
}

/** Nothing that is there is ever overwritten by something else. */
export const nameTaken = (where: string, why: string): SnapshotError =>
  new SnapshotError(`${where} is taken: ${why}`, {
    hint: "Nothing there was changed. Use another place or another prefix; what no copy names is removed by a prune of the place once it is two days old.",
  });
