/** Finds a copy in a place: reads its `copy.json`, and compares what it names with what is there. */
import type { StoredObject } from "../../contract/contract.ts";
import { isKind } from "../../contract/errors.ts";
import { watchMemory } from "../../engine/memory-pressure.ts";
import { SnapshotError } from "../../snapshot/format/errors.ts";
import { isLitter } from "../../units/litter.ts";
import { isBookkeeping } from "../format/bookkeeping.ts";
import {
  COPY_BYTES_MAX,
  COPY_FILE,
  type Copy,
  type CopyObject,
  EDGE,
  fileIn,
  type IsKnown,
  parseCopy,
  requireSignedBytes,
  requireSigner,
  UNPROVED_BYTES_MAX,
} from "../format/copy-file.ts";
import type { Place } from "../place/place.ts";

/** A copy, as its `copy.json` says. */
export interface FoundCopy {
  readonly copy: Copy;
  /** SHA-256 of `copy.json`, as the trail has it. */
  readonly sha256: string;
}

/** A copy without the list of its objects: of a place with many copies nobody can hold them all. */
export interface CopyHead {
  readonly copy: Omit<Copy, "objects">;
  readonly sha256: string;
  /** How many it has. */
  readonly objects: number;
  /** Of all of them, as they are stored. */
  readonly bytes: number;
}

/** What is said of a copy as a whole. */
export const headOf = ({ copy: { objects, ...copy }, sha256 }: FoundCopy): CopyHead => ({
  copy,
  sha256,
  objects: objects.length,
  bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
});

/**
 * Reads a copy's `copy.json`.
 * @param name the snapshot's @param isKnown whose key a large one must have; default: anybody's @returns `undefined` when there is no copy of that name
 * @throws SnapshotError when it is not credible; PluginError
 */
export async function findCopy(
  place: Place,
  name: string,
  isKnown: IsKnown = () => true,
): Promise<FoundCopy | undefined> {
  const object = `${name}/${COPY_FILE}`;
  const found = await place.stat(object);
  if (found === undefined) return undefined;
  const where = place.shown(object);
  if (found.size > COPY_BYTES_MAX)
    throw new SnapshotError(`${where} has ${found.size} bytes, and the limit is ${COPY_BYTES_MAX}`);
  const edge = async (from: number): Promise<string> =>
    Buffer.from(await place.fetch(object, { from, to: from + EDGE })).toString();
  const isLarge = found.size > UNPROVED_BYTES_MAX;
  // All of it is held, and what it came in should not be.
  using _memory = watchMemory();
  const edges = isLarge ? { head: await edge(0), tail: await edge(found.size - EDGE) } : undefined;
  const signer = edges && requireSigner(edges, where, isKnown);
  const bytes = await wholeOf(place, object, found.size);
  if (bytes === undefined) return undefined;
  if (signer !== undefined)
    requireSignedBytes(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), signer, where);
  const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
  return { copy: parseCopy(textIn(bytes, where), name, where), sha256 };
}

/** It may go between two calls. */
async function wholeOf(place: Place, object: string, bytes: number): Promise<Uint8Array | undefined> {
  if (bytes === 0) return new Uint8Array(0);
  try {
    return await place.fetch(object, { from: 0, to: bytes });
  } catch (error) {
    if (isKind(error, "not-found")) return undefined;
    throw error;
  }
}

function textIn(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new SnapshotError(`${where}: it is not UTF-8`, { cause });
  }
}

/**
 * Compares a listing with what a copy names: what is missing, what has another size or another checksum, as far as the store
 * tells, and what does not belong to it.
 * @param there every object of the copy's folder, by full name
 * @returns what is wrong, by the name of the file in the snapshot
 */
export function storedFlaws(copy: Copy, there: ReadonlyMap<string, StoredObject>): [string, string][] {
  const folder = `${copy.snapshot}/`;
  const named = belongingTo(copy);
  const isNamed = (name: string): boolean => named.has(name) || isBookkeeping(name.slice(folder.length));
  const strays = [...there.keys()].filter((name) => !isNamed(name) && !isLitter(name.replace(/.*\//s, "")));
  return [
    ...copy.objects.flatMap((object): [string, string][] => {
      const message = flawOf(object, there.get(folder + object.name));
      return message === undefined ? [] : [[fileIn(object), message]];
    }),
    ...strays.map((name): [string, string] => [name.slice(folder.length), `is not in ${COPY_FILE}`]),
  ];
}

/** The full names of everything that belongs to a copy. */
export const belongingTo = ({ snapshot, objects }: Copy): ReadonlySet<string> =>
  new Set([COPY_FILE, ...objects.map(({ name }) => name)].map((name) => `${snapshot}/${name}`));

/** What is wrong with a stored object, as far as can be told without reading it. */
export function flawOf(object: CopyObject, found: StoredObject | undefined): string | undefined {
  if (found === undefined) return "is missing";
  if (found.size !== object.bytes) return `has ${found.size} bytes, ${COPY_FILE} says ${object.bytes}`;
  if (found.sha256 !== undefined && found.sha256 !== object.sha256)
    return `checksum mismatch: it is not the one that ${COPY_FILE} names`;
  return undefined;
}
