/**
 * A dump, key by key. The value of a key is not understood, only where it ends: its bytes are what `RESTORE` takes.
 * https://github.com/redis/redis/blob/unstable/src/rdb.h
 */
import { PluginError } from "contextcore";
import { decompressLzf } from "./lzf.ts";

/** A key of a dump. */
export interface DumpedKey {
  readonly database: number;
  readonly key: Buffer;
  /** When it expires, ms since the epoch; absent: never. */
  readonly expires?: bigint | undefined;
  /** Its type in the dump, and the bytes of its value. */
  readonly type: number;
  readonly value: Buffer;
}

/** Reads a dump that comes in pieces. */
export interface DumpReader {
  /** The keys that are whole with this piece. @throws PluginError `invalid` when it is no dump, or has a type that is not known */
  feed(piece: Uint8Array): DumpedKey[];
  /** The last keys. @throws PluginError `invalid` unless the dump has come to its end */
  end(): DumpedKey[];
  /** The version of the format; 0 before the first bytes. */
  version(): number;
}

/** Begins to read a dump. */
export function createDumpReader(): DumpReader {
  const state: State = { database: 0, version: 0, isOver: false };
  let held: Buffer = Buffer.alloc(0);
  let enough = 0;
  const read = (): DumpedKey[] => {
    const place: Place = { bytes: held, next: 0 };
    const keys: DumpedKey[] = [];
    try {
      if (state.version === 0) state.version = readHeader(place);
      while (!state.isOver) {
        held = held.subarray(place.next);
        place.bytes = held;
        place.next = 0;
        const found = readEntry(place, state);
        if (found !== undefined) keys.push(found);
      }
      enough = 0;
    } catch (error) {
      if (error !== TOO_SHORT) throw error;
      // A large value would be tried again with each piece, so that is only done when twice as much has come.
      enough = held.length * 2;
    }
    return keys;
  };
  return {
    version: () => state.version,
    feed(piece) {
      if (state.isOver) return [];
      held = Buffer.concat([held, piece]);
      return held.length < enough ? [] : read();
    },
    end() {
      const keys = state.isOver ? [] : read();
      if (!state.isOver) throw damaged("it is cut short");
      return keys;
    },
  };
}

interface State {
  database: number;
  version: number;
  isOver: boolean;
  expires?: bigint | undefined;
}

/** Bytes, and how many of them are read. */
export interface Place {
  bytes: Buffer;
  next: number;
}

/** Thrown where more bytes are needed: everything that was read since the last whole entry is read again. */
const TOO_SHORT = Symbol("more bytes are needed");

const damaged = (what: string): PluginError => new PluginError("invalid", `the dump cannot be read: ${what}`);

function take(place: Place, length: number): Buffer {
  const from = place.next;
  if (from + length > place.bytes.length) throw TOO_SHORT;
  place.next += length;
  return place.bytes.subarray(from, place.next);
}

const takeByte = (place: Place): number => take(place, 1)[0] ?? 0;

/** Redis counts its versions from 1; Valkey 9 begins at 80, under a name of its own. */
function readHeader(place: Place): number {
  const version = /^(?:REDIS(\d{4})|VALKEY(\d{3}))$/.exec(take(place, 9).toString("latin1"));
  if (version === null) throw damaged("it does not begin as one");
  return Number(version[1] ?? version[2]);
}

const CODE = {
  slot: 0xf4,
  functions: 0xf5,
  moduleAux: 0xf7,
  idle: 0xf8,
  frequency: 0xf9,
  aux: 0xfa,
  sizes: 0xfb,
  expiresMs: 0xfc,
  expires: 0xfd,
  database: 0xfe,
  end: 0xff,
} as const;

/** Reads a key, or what stands between keys. */
function readEntry(place: Place, state: State): DumpedKey | undefined {
  const code = takeByte(place);
  switch (code) {
    case CODE.end:
      state.isOver = true;
      return undefined;
    case CODE.database:
      state.database = takeLength(place);
      return undefined;
    case CODE.expiresMs:
      state.expires = take(place, 8).readBigInt64LE();
      return undefined;
    case CODE.expires:
      state.expires = BigInt(take(place, 4).readInt32LE()) * 1_000n;
      return undefined;
    case CODE.sizes:
      return skip(place, takeLength, 2);
    case CODE.slot:
      return skip(place, takeLength, 3);
    case CODE.aux:
      return skip(place, skipText, 2);
    case CODE.functions:
      return skip(place, skipText, 1);
    case CODE.idle:
      return skip(place, takeLength, 1);
    case CODE.frequency:
      return skip(place, takeByte, 1);
    case CODE.moduleAux:
      return skipModule(place);
    default:
      return readKey(place, code, state);
  }
}

function readKey(place: Place, type: number, state: State): DumpedKey {
  const key = takeText(place);
  const from = place.next;
  skipValue(place, type, state.version);
  const value = place.bytes.subarray(from, place.next);
  const { database, expires } = state;
  state.expires = undefined;
  return { database, key, expires, type, value };
}

/** A length, or what stands in the place of one. */
function takeLength(place: Place): number {
  const first = takeByte(place);
  const kind = first >> 6;
  if (kind === 0) return first & 63;
  if (kind === 1) return ((first & 63) << 8) | takeByte(place);
  if (first === 0x80) return take(place, 4).readUInt32BE();
  if (first === 0x81) return Number(take(place, 8).readBigUInt64BE());
  throw damaged("it has a length that is none");
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

function skipText(place: Place): void {
  const encoding = takeEncoding(place);
  const integer = encoding === undefined ? undefined : INTEGER_BYTES[encoding];
  if (encoding === undefined) take(place, takeLength(place));
  else if (integer !== undefined) take(place, integer);
  else if (encoding === LZF) skipCompressed(place);
  else throw damaged("it has a text that is none");
}

function skipCompressed(place: Place): void {
  const stored = takeLength(place);
  takeLength(place);
  take(place, stored);
}

function takeText(place: Place): Buffer {
  const encoding = takeEncoding(place);
  if (encoding === undefined) return take(place, takeLength(place));
  const integer = INTEGER_BYTES[encoding];
  if (integer !== undefined) return Buffer.from(`${take(place, integer).readIntLE(0, integer)}`);
  if (encoding !== LZF) throw damaged("it has a text that is none");
  const stored = takeLength(place);
  const length = takeLength(place);
  if (length > TEXT_MAX) throw damaged("it has a key that is too long");
  return decompressLzf(take(place, stored), length);
}

/** The most that a server takes as a key. Bytes. */
const TEXT_MAX = 512 << 20;

type Skip = (place: Place) => unknown;

function skip(place: Place, what: Skip, times: number): undefined {
  for (let n = 0; n < times; n += 1) what(place);
}

const bytes =
  (length: number): Skip =>
  (place) =>
    take(place, length);

const each = (place: Place, ...parts: readonly Skip[]): undefined => {
  for (let left = takeLength(place); left > 0; left -= 1) for (const part of parts) part(place);
};

/** A number as text, after its length; the three highest lengths are infinities and NaN. */
function skipDecimal(place: Place): void {
  const length = takeByte(place);
  if (length < 253) take(place, length);
}

/** By type: how a value is skipped. Types of one text (ziplists, listpacks, sets of integers) are many. */
const SKIPS: Readonly<Record<number, Skip>> = {
  1: (place) => each(place, skipText),
  2: (place) => each(place, skipText),
  3: (place) => each(place, skipText, skipDecimal),
  4: (place) => each(place, skipText, skipText),
  5: (place) => each(place, skipText, bytes(8)),
  7: skipModule,
  14: (place) => each(place, skipText),
  15: (place) => skipStream(place, 1),
  18: (place) => each(place, takeLength, skipText),
  19: (place) => skipStream(place, 2),
  21: (place) => skipStream(place, 3),
  24: (place) => {
    take(place, 8);
    each(place, takeLength, skipText, skipText);
  },
  25: (place) => {
    take(place, 8);
    skipText(place);
  },
};

const OF_ONE_TEXT: ReadonlySet<number> = new Set([0, 9, 10, 11, 12, 13, 16, 17, 20]);

const VALKEY = 80;
/** Valkey's hash whose fields expire has a number that was another type's in an early Redis. */
const VALKEY_HASH = 22;

function skipValue(place: Place, type: number, version: number): void {
  const known = OF_ONE_TEXT.has(type) ? skipText : SKIPS[type];
  if (version >= VALKEY && type === VALKEY_HASH) each(place, skipText, skipText, bytes(8));
  else if (known !== undefined) known(place);
  else throw damaged(`it has a value of type ${type}, which this version does not know`);
}

/** Its entries, its ids, then its groups with what they wait for and their consumers. */
function skipStream(place: Place, generation: 1 | 2 | 3): void {
  const ids = generation === 1 ? 3 : 8;
  each(place, skipText, skipText);
  skip(place, takeLength, ids);
  each(
    place,
    skipText,
    (at) => skip(at, takeLength, generation === 1 ? 2 : 3),
    (at) => each(at, bytes(24), takeLength),
    (at) => each(at, skipText, bytes(generation === 3 ? 16 : 8), (one) => each(one, bytes(16))),
  );
}

/** A module's value names the kind of each of its parts. */
function skipModule(place: Place): undefined {
  takeLength(place);
  for (let kind = takeLength(place); kind !== 0; kind = takeLength(place)) {
    if (kind === 1 || kind === 2) takeLength(place);
    else if (kind === 3) take(place, 4);
    else if (kind === 4) take(place, 8);
    else if (kind === 5) skipText(place);
    else throw damaged("it has a module's value that is none");
  }
}
