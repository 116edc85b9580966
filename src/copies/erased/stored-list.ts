/**
 * How tombstones lie in a place: below `erased/`, in a folder for each list, with its key and its batches. A batch is written once and
 * never changed, so every place gets what it lacks, whoever writes at the same time.
 */
import { TombstoneError } from "../../retention/tombstones/error.ts";
import { KEY_BYTES, TAG_BYTES } from "../../retention/tombstones/tag.ts";

/** Where they lie in a place. */
export const ERASED_FOLDER = "erased";

/** The key's name in the folder of its list. */
export const KEY_NAME = "key";

/** Some batches of a list, as one object. */
export interface StoredBatches {
  readonly first: number;
  readonly last: number;
  /** How many tombstones. */
  readonly count: number;
}

/** So many tombstones are one object at most. */
export const STORED_MAX = 1 << 20;

/** Bytes of the key's text, and of a checksum. */
export const KEY_TEXT_BYTES = 2 * KEY_BYTES;
const SUM_BYTES = 32;

/** `1-7-1200.tags` */
export const nameOfBatches = ({ first, last, count }: StoredBatches): string =>
  `${first}-${last}-${count}.tags`;

const NAME = /^([1-9]\d{0,9})-([1-9]\d{0,9})-(\d{1,7})\.tags$/;

/** What an object of this name holds; `undefined` of any other. */
export function batchesNamed(name: string): StoredBatches | undefined {
  const [first = 0, last = 0, count = 0] = (NAME.exec(name) ?? []).slice(1).map(Number);
  return first > 0 && last >= first && count <= STORED_MAX ? { first, last, count } : undefined;
}

/** Up to which batch a list is there without a gap. */
export function coveredBy(all: readonly StoredBatches[]): number {
  let covered = 0;
  for (const { first, last } of all.toSorted((a, b) => a.first - b.first || a.last - b.last))
    if (first <= covered + 1) covered = Math.max(covered, last);
  return covered;
}

/** The bytes of so many tombstones, as they are stored. */
export const storedBytes = (count: number): number => count * TAG_BYTES + SUM_BYTES;

const sumOf = (bytes: Uint8Array): Buffer => new Bun.CryptoHasher("sha256").update(bytes).digest();

/** Tombstones one after another, and the SHA-256 of them. */
export function toStored(tags: readonly Uint8Array[]): Uint8Array {
  const all = Buffer.concat(tags);
  return Buffer.concat([all, sumOf(all)]);
}

/** The tombstones of an object. @param where for messages @throws TombstoneError when they are not what was written */
export function* fromStored(bytes: Uint8Array, where: string): Generator<Uint8Array> {
  const end = bytes.length - SUM_BYTES;
  const sum = Buffer.from(bytes.subarray(Math.max(0, end)));
  if (end < 0 || end % TAG_BYTES !== 0 || !sum.equals(sumOf(bytes.subarray(0, end)))) throw damaged(where);
  for (let at = 0; at < end; at += TAG_BYTES) yield bytes.subarray(at, at + TAG_BYTES);
}

/** The key of a list. @param where for messages @throws TombstoneError when it is none */
export function keyFromText(text: string, where: string): Uint8Array {
  if (/^[0-9a-f]+$/.test(text) && text.length === KEY_TEXT_BYTES) return Buffer.from(text, "hex");
  throw damaged(where);
}

const damaged = (where: string): TombstoneError =>
  new TombstoneError(
    `${where} is damaged: it is not what was written`,
    "remove it: the machine that erased writes it again with the next copy",
  );
