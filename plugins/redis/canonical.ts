/**
 * The order in which a server writes the members of a large set or hash is its own: another server, or the same one tomorrow,
 * writes another. In order of their bytes, the same value has the same bytes.
 */
import { isKind } from "contextcore";
import { createCrc64 } from "./crc64.ts";
import { type Place, skipText, TOO_SHORT, take, takeByte, takeLength } from "./encoding.ts";
import { type Skip, VALKEY, VALKEY_HASH } from "./values.ts";

const bytes =
  (length: number): Skip =>
  (place) =>
    take(place, length);

/** What one member is made of, and how many bytes stand before all of them, by type. */
const MEMBERS: ReadonlyMap<number, readonly [before: number, parts: readonly Skip[]]> = new Map([
  [2, [0, [skipText]]],
  [4, [0, [skipText, skipText]]],
  [24, [8, [takeLength, skipText, skipText]]],
]);
const OF_VALKEY: readonly [number, readonly Skip[]] = [0, [skipText, skipText, bytes(8)]];

const FOOTER = 10;

/** What `DUMP` gave, with the members of a set or a hash in order. `RESTORE` takes it as well. What is damaged stays as it is. */
export function canonical(dump: Buffer): Buffer {
  try {
    return inOrder(dump);
  } catch (error) {
    if (error === TOO_SHORT || isKind(error, "invalid")) return dump;
    throw error;
  }
}

function inOrder(dump: Buffer): Buffer {
  const body = dump.subarray(0, Math.max(0, dump.length - FOOTER));
  const version = dump.subarray(body.length, body.length + 2);
  const place: Place = { bytes: body, next: 0 };
  const type = body.length === 0 ? -1 : takeByte(place);
  const isValkey = type === VALKEY_HASH && version.readUInt16LE() >= VALKEY;
  const [before, parts] = (isValkey ? OF_VALKEY : MEMBERS.get(type)) ?? [0, undefined];
  if (parts === undefined) return dump;
  take(place, before);
  let left = takeLength(place);
  const head = body.subarray(0, place.next);
  const members: Buffer[] = [];
  for (; left > 0; left -= 1) {
    const from = place.next;
    for (const part of parts) part(place);
    members.push(body.subarray(from, place.next));
  }
  return sealed(Buffer.concat([head, ...members.sort(Buffer.compare)]), version);
}

/** A value as `RESTORE` takes it. @param body its type and its bytes @param version of the dump, two bytes */
export function sealed(body: Buffer, version: Buffer): Buffer {
  const whole = Buffer.concat([body, version]);
  const crc = createCrc64();
  crc.update(whole);
  return Buffer.concat([whole, crc.digest()]);
}
