/** Sends one object, or finds that it is there. */
import type { NewObject, StoredObject } from "../../contract/contract.ts";
import { isKind, type PluginError } from "../../contract/errors.ts";
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
 * - `sent`: it is there now.
 * - `same`: it was there already, perhaps from an attempt whose answer was lost.
 * - `taken`: something else has its name.
 */
export type Sent = "sent" | "same" | "taken";

/**
 * Sends an object whole, or not at all.
 * @returns false when somebody else has written the same meanwhile
 * @throws SnapshotError when it is damaged here, or something else has its name there; PluginError
 */
export async function send(request: SendRequest): Promise<boolean> {
  const sent = await trySend(request);
  if (sent !== "taken") return sent === "sent";
  const { place, folder, file } = request;
  throw nameTaken(place.shown(`${folder}/${file.name}`), "it is there, and holds something else");
}

/** The same, for who goes on where the name is taken. @throws SnapshotError when it is damaged here; PluginError */
export async function trySend({ place, folder, file, replaces }: SendRequest): Promise<Sent> {
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
    if (outcome === "written") return "sent";
  } catch (error) {
    if (damage === undefined && replaces && isKind(error, "refused")) throw irreplaceable(place, name, error);
    throw damage ?? error;
  }
  return (await isThereAs(place, name, file)) ? "same" : "taken";
}

/** Whether that object has the name. Another one may have had it, and be gone meanwhile. */
async function isThereAs(place: Place, name: string, file: CopyObject): Promise<boolean> {
  try {
    const found = await place.stat(name);
    return found !== undefined && (await isSameObject(place, found, file));
  } catch (error) {
    if (isKind(error, "not-found")) return false;
    throw error;
  }
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
  isChecked: file.isChecked,
  ifAbsent,
});

/**
 * Whether a stored object is this one: by its size and its checksum, which is asked for, or else found out from its bytes.
 */
export async function isSameObject(place: Place, found: StoredObject, object: CopyObject): Promise<boolean> {
  if (found.size !== object.bytes) return false;
  const { sha256 = (await place.stat(found.name))?.sha256 } = found;
  return (sha256 ?? (await place.hash(found.name, object.bytes))) === object.sha256;
}

/** An object is damaged or was replaced, and the place does not take another one in its stead. */
const irreplaceable = ({ shown, name: place }: Place, object: string, cause: PluginError): SnapshotError =>
  new SnapshotError(
    `${shown(object)} is damaged, and the place does not let it be replaced: ${cause.message}`,
    {
      hint: `Copy the snapshot to another place or under another prefix, so that a sound copy is kept; contextcore snapshots prune --place ${place} removes this one once nothing protects it.`,
      cause,
    },
  );

/** Nothing that is there is ever overwritten by something else. */
export const nameTaken = (where: string, why: string): SnapshotError =>
  new SnapshotError(`${where} is taken: ${why}`, {
    hint: "Nothing there was changed. Use another place or another prefix; what no copy names is removed by a prune of the place once it is two days old.",
  });
