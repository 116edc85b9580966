/** How a dump writes lengths and texts. https://github.com/redis/redis/blob/unstable/src/rdb.h */
import { PluginError } from "contextcore";
import { decompressLzf } from "./lzf.ts";

/** Bytes, and how many of them are read. */
export interface Place {
  bytes: Buffer;
  next: number;
}

/** Thrown where more bytes are needed. The caller then reads again from the beginning of the entry. */
export const TOO_SHORT = Symbol("more bytes are needed");

/** What is thrown for a dump that cannot be read. */
export const damaged = (what: string): PluginError =>
  new PluginError("invalid", `the dump cannot be read: ${what}`);

/** So many bytes. @throws TOO_SHORT */
export function take(place: Place, length: number): Buffer {
  const from = place.next;
  if (from + length > place.bytes.length) throw TOO_SHORT;
  place.next += length;
  return place.bytes.subarray(from, place.next);
}

/** One byte. @throws TOO_SHORT */
export const takeByte = (place: Place): number => take(place, 1)[0] ?? 0;

/** A length. @throws TOO_SHORT */
export function takeLength(place: Place): number {
  const first = takeByte(place);
  const kind = first >> 6;
  if (kind === 0) return first & 63;
  if (kind === 1) return ((first & 63) << 8) | takeByte(place);
  if (first === 0x80) return take(place, 4).readUInt32BE();
  if (first === 0x81) return Number(take(place, 8).readBigUInt64BE());
  throw damaged("a length in it is damaged");
}

const INTEGER_BYTES = [1, 2, 4];
const LZF = 3;

/** How a text is written that is a number or compressed; `undefined` for one that is as it is. */
function takeEncoding(place: Place): number | undefined {
  const first = take(place, 1)[0] ?? 0;
  if (first >> 6 === 3) return first & 63;
  place.next -= 1;
  return undefined;
}

/** Goes past a text. @throws TOO_SHORT */
export function skipText(place: Place): void {
  const encoding = takeEncoding(place);
  const integer = encoding === undefined ? undefined : INTEGER_BYTES[encoding];
  if (encoding === undefined) take(place, takeLength(place));
  else if (integer !== undefined) take(place, integer);
  else if (encoding === LZF) skipCompressed(place);
  else throw damaged("a text in it is damaged");
}

/**
 * Goes past a text as far as its bytes have come, and no further back than that is needed again: a text may be as large as the
 * memory. @returns how many are still to come @throws TOO_SHORT
 */
export function passText(place: Place): number {
  const encoding = takeEncoding(place);
  if (encoding !== undefined) {
    place.next -= 1;
    skipText(place);
    return 0;
  }
  const length = takeLength(place);
  const here = Math.min(length, place.bytes.length - place.next);
  place.next += here;
  return length - here;
}

function skipCompressed(place: Place): void {
  const stored = takeLength(place);
  takeLength(place);
  take(place, stored);
}

/** A text, decoded. @throws TOO_SHORT */
export function takeText(place: Place): Buffer {
  const encoding = takeEncoding(place);
  if (encoding === undefined) return take(place, takeLength(place));
  const integer = INTEGER_BYTES[encoding];
  if (integer !== undefined) return Buffer.from(`${take(place, integer).readIntLE(0, integer)}`);
  if (encoding !== LZF) throw damaged("a text in it is damaged");
  const stored = takeLength(place);
  const length = takeLength(place);
  if (length > TEXT_MAX) throw damaged("it has a key that is too long");
  return decompressLzf(take(place, stored), length);
}

/** The most that a server takes as a key. Bytes. */
const TEXT_MAX = 512 << 20;
