/**
 * Writes a copy of a snapshot into a place. Every object is written only where none has its name, and `copy.json` last, so
 * whoever is interrupted loses nothing, and of two writers of one name one finds it taken.
 */
import type { SigningKey } from "../../audit/format/note.ts";
import { drain, type Jobs } from "../../engine/drain.ts";
import { createMemoryBudget } from "../../engine/memory-budget.ts";
import { watchMemory } from "../../engine/memory-pressure.ts";
import { DEFAULT_TUNING } from "../../engine/tuning.ts";
import { SnapshotError } from "../../snapshot/format/errors.ts";
import type { Storage } from "../../storage/storage.ts";
import { COPY_FILE, type CopyClaims, type CopyObject, formatCopy } from "../format/copy-file.ts";
import { formatSums, SUMS_FILE } from "../format/sums.ts";
import type { Place } from "../place/place.ts";
import { type FoundCopy, findCopy, flawOf } from "../read/find-copy.ts";
import { requireElsewhere, requireHeeding } from "./fit-place.ts";
import { asItIs, fromMemory, type Outgoing, packed, type StoredForm } from "./outgoing.ts";
import { isSameObject, nameTaken, newObject, send } from "./send.ts";

/** What is to be copied where, and by whom. */
export interface CopyRequest {
  readonly snapshot: Storage;
  /** The snapshot's name, under which the copy is found. */
  readonly name: string;
  readonly place: Place;
  readonly form: StoredForm;
  readonly key: SigningKey;
  readonly by: Pick<CopyClaims, "tool" | "host" | "user">;
  /** Now, RFC 3339. */
  readonly now: () => string;
  /** What is there of it may be damaged: all of it is read, and what is not as it should be is written again. */
  readonly isDoubted?: boolean;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: CopyProgress) => void;
}

/** How far a copy has come. */
export interface CopyProgress {
  /** Bytes and objects that are there by now; of the whole copy. */
  readonly bytes: number;
  readonly objects: number;
  readonly totalBytes: number;
  readonly retries: number;
}

/** A copy that is there, and what it took. */
export interface WrittenCopy extends FoundCopy {
  /** What had to be sent; the rest was there already. */
  readonly sent: { readonly objects: number; readonly bytes: number };
  /** It was not there before: each of its objects was checked when it was written. */
  readonly isNew: boolean;
  /** All of what was there already was read. */
  readonly isRead: boolean;
}

/**
 * Copies a snapshot, or finishes a copy that was interrupted. A copy that is there already is looked at, and what it lacks is
 * written again.
 * @throws SnapshotError when the snapshot is damaged, or something else has the copy's name; PluginError; the signal's reason
 */
export async function writeCopy(request: CopyRequest): Promise<WrittenCopy> {
  const { snapshot, name, place } = request;
  const luggage = await packed(snapshot);
  const { sha256: manifest } = luggage.manifest;
  const earlier = await earlierOf(place, name);
  if (earlier !== undefined) requireOwn(earlier, request, manifest);
  const writing = await beginWriting(request, luggage.manifest.bytes, earlier);
  // First: a second writer of the name who has something else ends here, before he writes anything.
  const claim = await writing.put(luggage.claim);
  const others = await writing.putAll(luggage.others);
  const listed = [claim, ...others];
  // In the clear, as copy.json is: whoever brings the copy back checks it before he decrypts it.
  const sumsFile = fromMemory(SUMS_FILE, Buffer.from(formatSums(listed)));
  const sums = await writing.put(sumsFile, asItIs);
  await requireElsewhere(request, earlier !== undefined);
  if (earlier === undefined) await requireHeeding(place, name, sumsFile);
  const found = await concludeCopy(request, { manifest, objects: [...listed, sums], earlier });
  const { isDoubted: isRead = false } = request;
  return { ...found, sent: writing.sent(), isNew: earlier === undefined, isRead };
}

/** What is there of a copy that is about to count. */
interface Concluded {
  /** The `sha256` of its manifest. */
  readonly manifest: string;
  /** Everything but `copy.json`. */
  readonly objects: readonly CopyObject[];
  readonly earlier?: FoundCopy | undefined;
}

/**
 * Makes a copy of what was written: a last look at all of it, then `copy.json`, unless that is there.
 * @throws SnapshotError when something is missing, or something else has the copy's name; PluginError
 */
export async function concludeCopy(
  request: Pick<CopyRequest, "place" | "name" | "key" | "by" | "now">,
  { manifest, objects, earlier }: Concluded,
): Promise<FoundCopy> {
  const { place, name, key, by, now } = request;
  await requireStored(request, objects);
  const claims = { ...by, snapshot: name, manifest, created: now(), objects };
  if (earlier === undefined) await seal(place, name, formatCopy(claims, key));
  // Another process may have copied the same snapshot meanwhile: its copy is as good.
  const found = earlier ?? (await findCopy(place, name));
  if (found === undefined) throw new SnapshotError(`${place.shown(`${name}/${COPY_FILE}`)} is gone already`);
  requireOwn(found, request, manifest);
  return found;
}

/** @throws SnapshotError when its `copy.json` is not credible: whose it is cannot be told then */
async function earlierOf(place: Place, name: string): Promise<FoundCopy | undefined> {
  try {
    return await findCopy(place, name);
  } catch (cause) {
    if (!(cause instanceof SnapshotError) || cause.hint !== undefined) throw cause;
    throw new SnapshotError(cause.message, {
      hint: `If it is yours, remove ${place.shown(`${name}/${COPY_FILE}`)} and nothing else, and copy again: the rest is held against the snapshot, and is not sent twice.`,
      cause,
    });
  }
}

interface Writing {
  /** @param form default: the place's */
  put(file: Outgoing, form?: StoredForm): Promise<CopyObject>;
  /** Several at once; in the order given. */
  putAll(files: readonly Outgoing[]): Promise<CopyObject[]>;
  sent(): WrittenCopy["sent"];
}

async function beginWriting(
  { place, name, form, signal, onProgress, isDoubted = false }: CopyRequest,
  totalBytes: number,
  earlier: FoundCopy | undefined,
): Promise<Writing> {
  const there = await place.list(`${name}/`);
  const before = new Map(earlier?.copy.objects.map((object) => [object.name, object]));
  const sent = { objects: 0, bytes: 0 };
  const progress = { objects: 0, bytes: 0 };

  /** Of a copy that was finished the listing tells enough: each object was checked when it was written. */
  const isThere = async (object: CopyObject): Promise<boolean> => {
    const found = there.get(`${name}/${object.name}`);
    if (found === undefined || flawOf(object, found) !== undefined) return false;
    if (isDoubted) return (await place.hash(found.name, object.bytes)) === object.sha256;
    return before.has(object.name) || isSameObject(place, found, object);
  };
  const put = async (file: Outgoing, stored = form): Promise<CopyObject> => {
    const outgoing = await stored(file);
    const object = before.get(outgoing.name) ?? described(outgoing);
    if (!(await isThere(object))) {
      if (object.sha256 !== outgoing.sha256) throw unrepeatable(place, name, object);
      const isSent = await send({ place, folder: name, file: outgoing, replaces: earlier !== undefined });
      if (isSent) {
        sent.objects += 1;
        sent.bytes += object.bytes;
      }
    }
    progress.objects += 1;
    progress.bytes += object.bytes;
    onProgress?.({ ...progress, totalBytes, retries: place.limit.retries });
    return object;
  };
  return {
    put,
    async putAll(files) {
      const objects: CopyObject[] = [];
      using memory = watchMemory(ON_THEIR_WAY_BYTES);
      await drain({
        jobs: jobsOf(files),
        run: async ({ file, index }) => {
          objects[index] = await put(file);
          return Math.min(file.bytes, HELD_BYTES);
        },
        limit: place.limit,
        budget: createMemoryBudget(DEFAULT_TUNING.heldBytes, memory.isPressed),
        signal,
      });
      signal.throwIfAborted();
      return objects;
    },
    sent: () => sent,
  };
}

/** What a store may hold of a large object while it sends it. Bytes. */
const HELD_BYTES = 8 << 20;

/** What a store holds of all that is on its way at once. Bytes. */
const ON_THEIR_WAY_BYTES = 40e6;

/** What `copy.json` says of it. */
export const described = ({ name, bytes, sha256, encrypted }: Outgoing): CopyObject => ({
  name,
  bytes,
  sha256,
  ...(encrypted === undefined ? {} : { encrypted }),
});

function jobsOf(files: readonly Outgoing[]): Jobs<{ readonly file: Outgoing; readonly index: number }> {
  const waiting = files.map((file, index) => ({ file, index })).reverse();
  return {
    dueIn: () => (waiting.length === 0 ? undefined : 0),
    take: () => waiting.pop(),
    putBack: (job) => void waiting.push(job),
    get size() {
      return waiting.length;
    },
  };
}

/** @throws SnapshotError unless all that was written is still there as it was written: the last look before the copy counts */
async function requireStored(
  { place, name }: Pick<CopyRequest, "place" | "name">,
  objects: readonly CopyObject[],
): Promise<void> {
  const there = await place.list(`${name}/`);
  for (const object of objects) {
    const flaw = flawOf(object, there.get(`${name}/${object.name}`));
    if (flaw === undefined) continue;
    throw new SnapshotError(`${place.shown(`${name}/${object.name}`)} ${flaw}`, {
      hint: "Something else writes there, too: copy it again when that has ended.",
    });
  }
}

/** Writes `copy.json`, from which on there is a copy. */
async function seal(place: Place, name: string, text: string): Promise<void> {
  const file = fromMemory(COPY_FILE, Buffer.from(text));
  await place.write(() => newObject(file, { folder: name, ifAbsent: true }));
}

/** @throws SnapshotError for a copy of something else, and for one that somebody else has signed */
function requireOwn(
  { copy }: FoundCopy,
  { place, name, key }: Pick<CopyRequest, "place" | "name" | "key">,
  manifest: string,
): void {
  const where = place.shown(name);
  if (copy.manifest !== manifest)
    throw nameTaken(where, `it is the copy of another snapshot, from ${copy.user}@${copy.host}`);
  if (copy.key !== key.verifier)
    throw new SnapshotError(`${where} is there, and another key has signed it: ${copy.key}`, {
      hint: `If it is yours, from before the key was replaced or from another user, keep it as it is; contextcore verify ${where} --key KEY proves it.`,
    });
}

const unrepeatable = (place: Place, folder: string, { name }: CopyObject): SnapshotError =>
  new SnapshotError(
    `${place.shown(`${folder}/${name}`)} is damaged or missing, and cannot be written again`,
    {
      hint: "Encrypted now, it would be another object than copy.json names. Remove this copy with a prune of the place, and copy the snapshot again.",
    },
  );
