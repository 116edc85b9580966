/**
 * A copy as storage that can only be read: whatever reads a snapshot reads a copy in the same way. `copy.json` says what there
 * is. Manifest and index must be what was signed, and the index knows the checksum of every block.
 */
import type { ByteRange, StoredObject } from "../../contract/contract.ts";
import { isKind } from "../../contract/errors.ts";
import { askedOnce } from "../../contract/single-flight.ts";
import { SnapshotError } from "../../snapshot/format/errors.ts";
import { INDEX_FILE } from "../../snapshot/read/index-lines.ts";
import { MANIFEST_FILE } from "../../snapshot/read/manifest-file.ts";
import type { SealedFile, Storage } from "../../storage/storage.ts";
import { UnsafeFileError } from "../../storage/unsafe-file.ts";
import { COPY_FILE, type Copy, type CopyObject, fileIn, type IsKnown } from "../format/copy-file.ts";
import { SUMS_FILE } from "../format/sums.ts";
import type { Place } from "../place/place.ts";
import { type FoundCopy, findCopy, storedFlaws } from "./find-copy.ts";
import { heldFile, type Ranged, rangedFile } from "./ranged-file.ts";
import { readOnly } from "./read-only.ts";

/** Gives a file's own bytes of an object in its stored form: itself, or decrypted. */
export type PlainForm = (object: CopyObject, stored: Ranged) => Promise<Ranged>;

/** Which copy, and how to open it. */
export interface CopyStorageOptions {
  readonly place: Place;
  /** The snapshot's. */
  readonly name: string;
  readonly opened: PlainForm;
  /** Nobody here can decrypt anything. Default: false. */
  readonly isSealed?: boolean;
  /** Whose copies are believed, as far as a key tells. Default: anybody's. */
  readonly isKnown?: IsKnown;
  /** Whether to believe who has signed it. @throws to refuse it */
  readonly admit: (found: FoundCopy) => void;
  readonly signal: AbortSignal;
}

/** Fetched as a whole, once: they are read more than once. Bytes; larger ones are read in parts. */
const WHOLE = new Set([MANIFEST_FILE, INDEX_FILE]);
const WHOLE_MAX = 32 << 20;

/** The copy of this name, which is looked for when something is first read. */
export function copyStorage({
  place,
  name,
  opened,
  isSealed = false,
  isKnown,
  admit,
  signal,
}: CopyStorageOptions): Storage {
  const root = place.shown(name);
  const shown = (file: string): string => `${root}/${file}`;
  const found = once(async () => {
    const copy = await findCopy(place, name, isKnown);
    if (copy !== undefined) admit(copy);
    return copy;
  });
  const copied = async (): Promise<Copy> => (await found())?.copy ?? missing(root);
  const objects = once(
    async () => new Map((await copied()).objects.map((object) => [fileIn(object), object])),
  );
  const there = once(() => place.list(`${name}/`));
  const content = new Map<string, Promise<Uint8Array>>();
  /** Names of objects of which every byte was read, and is as it was written. */
  const proved = new Set<string>();

  const objectOf = async (file: string): Promise<CopyObject> => {
    const object = (await objects()).get(file);
    if (object !== undefined) return object;
    throw Object.assign(new Error(`${root} has no ${file}`), { code: "ENOENT" });
  };
  const rangedOf = async (object: CopyObject): Promise<Ranged> => {
    const full = `${name}/${object.name}`;
    const onRead = provedBy(object, () => proved.add(object.name));
    return opened(object, {
      bytes: object.bytes,
      async fetch(range, into) {
        const bytes = await fetched(place, full, range, into);
        onRead(bytes, range.from);
        return bytes;
      },
    });
  };
  const whole = async (object: CopyObject): Promise<Uint8Array> => {
    const stored = object.bytes === 0 ? NOTHING : await fetchWhole(place, name, object);
    proved.add(object.name);
    const fetch = async ({ from, to }: { from: number; to: number }) => stored.subarray(from, to);
    const { bytes, fetch: read } = await opened(object, { bytes: stored.length, fetch });
    return bytes === 0 ? NOTHING : read({ from: 0, to: bytes });
  };
  const kept = (file: string, object: CopyObject): Promise<Uint8Array> => {
    if (!WHOLE.has(file)) return whole(object);
    const known = content.get(file) ?? whole(object);
    content.set(file, known);
    known.catch(() => content.delete(file));
    return known;
  };
  const listedFlaws = once(async () => new Map(storedFlaws(await copied(), await there())));
  const sumsFlaw = once(async () => {
    const sums = (await objects()).get(SUMS_FILE);
    return sums === undefined ? undefined : whole(sums).then(() => undefined, damageIn);
  });

  function once<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
    const asked = askedOnce(ask);
    return () => asked(signal);
  }

  return {
    ...readOnly(root),
    shown,
    async flaws(depth) {
      const listed = await listedFlaws();
      const message = depth === "whole" && !listed.has(SUMS_FILE) ? await sumsFlaw() : undefined;
      return message === undefined ? listed : new Map([...listed, [SUMS_FILE, message]]);
    },
    async sealed() {
      // One that is damaged is no copy: who reads its manifest says so.
      const copy = isSealed ? await copied().catch(ifSnapshotError) : undefined;
      return copy?.objects.some(isEncrypted) ? sealedIn(place, copy, copy.objects) : undefined;
    },
    async unproved() {
      const copy = await copied();
      const isLeft = (object: CopyObject): boolean => isEncrypted(object) && !proved.has(object.name);
      return sealedIn(place, copy, copy.objects.filter(isLeft));
    },
    async read(file, most) {
      const object = await objectOf(file);
      if (sizeOf(object) > most)
        throw new UnsafeFileError(shown(file), `has ${sizeOf(object)} bytes, and the limit is ${most}`);
      return kept(file, object);
    },
    async open(file) {
      const object = await objectOf(file);
      if (WHOLE.has(file) && object.bytes <= WHOLE_MAX) return heldFile(await kept(file, object));
      return rangedFile(await rangedOf(object));
    },
    async *list() {
      const listed = await there();
      for (const [file, object] of await objects())
        if (file !== SUMS_FILE && listed.has(`${name}/${object.name}`)) yield file;
    },
    async names() {
      if ((await found()) === undefined) return [];
      const files = [...(await objects()).keys()];
      return [...new Set(files.map((file) => file.replace(/\/.*/s, "")))].sort();
    },
    async stat(file) {
      const object = (await objects()).get(file);
      const stored: StoredObject | undefined = object && (await there()).get(`${name}/${object.name}`);
      if (object === undefined || stored === undefined) return undefined;
      return { bytes: stored.size === object.bytes ? sizeOf(object) : stored.size, isRegular: true };
    },
  };
}

function ifSnapshotError(error: unknown): undefined {
  if (!(error instanceof SnapshotError)) throw error;
}

const isEncrypted = ({ encrypted }: CopyObject): boolean => encrypted !== undefined;

const sealedIn = (place: Place, { snapshot }: Copy, objects: readonly CopyObject[]): readonly SealedFile[] =>
  objects.map(({ name, bytes, sha256 }) => ({
    name,
    bytes,
    flaw: async () =>
      (await place.hash(`${snapshot}/${name}`, bytes)) === sha256
        ? undefined
        : `has another checksum than ${COPY_FILE} says`,
  }));

/** Follows how an object is read, and knows when all of it was, from its beginning to its end, and was right. */
function provedBy(
  { bytes, sha256 }: CopyObject,
  onProved: () => void,
): (piece: Uint8Array, from: number) => void {
  const hasher = new Bun.CryptoHasher("sha256");
  let end = 0;
  return (piece, from) => {
    if (from > end || from + piece.length <= end || end === bytes) return;
    hasher.update(piece.subarray(end - from));
    end = from + piece.length;
    if (end === bytes && hasher.digest("hex") === sha256) onProved();
  };
}

const NOTHING = new Uint8Array(0);

/** The file's own size. */
const sizeOf = ({ bytes, encrypted }: CopyObject): number => encrypted?.bytes ?? bytes;

/** What is wrong with an object. @throws what is not about it */
function damageIn(error: unknown): string {
  if (error instanceof SnapshotError) return error.message;
  throw error;
}

/** @throws SnapshotError when it is gone or shorter than `copy.json` says; PluginError when the place cannot be read now */
async function fetched(place: Place, full: string, range: ByteRange, into?: Uint8Array): Promise<Uint8Array> {
  try {
    return await place.fetch(full, range, into);
  } catch (cause) {
    if (!isKind(cause, "not-found", "invalid")) throw cause;
    throw new SnapshotError(`${place.shown(full)} is not as ${COPY_FILE} says: ${cause.message}`, { cause });
  }
}

/** @throws SnapshotError when it is not what `copy.json` says */
async function fetchWhole(place: Place, folder: string, object: CopyObject): Promise<Uint8Array> {
  const full = `${folder}/${object.name}`;
  const bytes = await fetched(place, full, { from: 0, to: object.bytes });
  if (new Bun.CryptoHasher("sha256").update(bytes).digest("hex") === object.sha256) return bytes;
  throw new SnapshotError(
    `${place.shown(full)}: checksum mismatch: it is not the one that ${COPY_FILE} names`,
  );
}

function missing(root: string): never {
  throw new SnapshotError(`there is no copy ${root}: it has no ${COPY_FILE}`, {
    hint: "A copy counts once its copy.json is there: contextcore snapshots copy finishes one that was interrupted.",
  });
}
