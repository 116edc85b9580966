/**
 * A copy as storage that can only be read: whatever reads a snapshot reads a copy in the same way. `copy.json` says what there
 * is. Manifest and index must be what was signed, and the index knows the checksum of every block.
 */
import type { StoredObject } from "../../contract/contract.ts";
import { askedOnce } from "../../contract/single-flight.ts";
import { SnapshotError } from "../../snapshot/format/errors.ts";
import { INDEX_FILE } from "../../snapshot/read/index-lines.ts";
import { MANIFEST_FILE } from "../../snapshot/read/manifest-file.ts";
import type { Storage } from "../../storage/storage.ts";
import { UnsafeFileError } from "../../storage/unsafe-file.ts";
import { messageOf } from "../../units/message-of.ts";
import { COPY_FILE, type Copy, type CopyObject, fileIn } from "../format/copy-file.ts";
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
  /** Whether to believe who has signed it. @throws to refuse it */
  readonly admit: (found: FoundCopy) => void;
  readonly signal: AbortSignal;
}

/** Fetched as a whole, once: they are read more than once. Bytes; larger ones are read in parts. */
const WHOLE = new Set([MANIFEST_FILE, INDEX_FILE]);
const WHOLE_MAX = 32 << 20;

/** The copy of this name, which is looked for when something is first read. */
export function copyStorage({ place, name, opened, admit, signal }: CopyStorageOptions): Storage {
  const root = place.shown(name);
  const shown = (file: string): string => `${root}/${file}`;
  const found = once(async () => {
    const copy = await findCopy(place, name);
    if (copy !== undefined) admit(copy);
    return copy;
  });
  const copied = async (): Promise<Copy> => (await found())?.copy ?? missing(root);
  const objects = once(
    async () => new Map((await copied()).objects.map((object) => [fileIn(object), object])),
  );
  const there = once(() => place.list(`${name}/`));
  const content = new Map<string, Promise<Uint8Array>>();

  const objectOf = async (file: string): Promise<CopyObject> => {
    const object = (await objects()).get(file);
    if (object !== undefined) return object;
    throw Object.assign(new Error(`${root} has no ${file}`), { code: "ENOENT" });
  };
  const rangedOf = async (object: CopyObject): Promise<Ranged> => {
    const full = `${name}/${object.name}`;
    return opened(object, { bytes: object.bytes, fetch: (range) => place.fetch(full, range) });
  };
  const whole = async (object: CopyObject): Promise<Uint8Array> => {
    const stored = object.bytes === 0 ? NOTHING : await fetchWhole(place, name, object);
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
    return sums === undefined ? undefined : whole(sums).then(() => undefined, messageOf);
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

const NOTHING = new Uint8Array(0);

/** The file's own size. */
const sizeOf = ({ bytes, encrypted }: CopyObject): number => encrypted?.bytes ?? bytes;

/** @throws SnapshotError when it is not what `copy.json` says */
async function fetchWhole(place: Place, folder: string, object: CopyObject): Promise<Uint8Array> {
  const full = `${folder}/${object.name}`;
  const bytes = await place.fetch(full, { from: 0, to: object.bytes });
  if (new Bun.CryptoHasher("sha256").update(bytes).digest("hex") === object.sha256) return bytes;
  throw new SnapshotError(`${place.shown(full)} is not what ${COPY_FILE} says: its checksum differs`);
}

function missing(root: string): never {
  throw new SnapshotError(`there is no copy ${root}: it has no ${COPY_FILE}`, {
    hint: "A copy counts once its copy.json is there: contextcore snapshots copy finishes one that was interrupted.",
  });
}
