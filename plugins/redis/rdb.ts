/**
 * A dump, key by key. The value of a key is not understood, only where it ends: its bytes are what `RESTORE` takes.
 * https://github.com/redis/redis/blob/unstable/src/rdb.h
 */
import {
  damaged,
  type Place,
  passText,
  skipText,
  TOO_SHORT,
  take,
  takeByte,
  takeLength,
  takeText,
} from "./encoding.ts";
import { OF_ONE_TEXT, passValue, type Skip, skip, skipModule, skipValue } from "./values.ts";

/** A key of a dump. */
export interface DumpedKey {
  readonly database: number;
  readonly key: Buffer;
  /** When it expires, ms since the epoch; absent: never. */
  readonly expires?: bigint | undefined;
  /** Its type in the dump, and the bytes of its value. */
  readonly type: number;
  readonly value: Buffer;
  /** Where in the dump it begins, with what is said of it before its name, and where it ends. Bytes from the beginning */
  readonly from: number;
  readonly to: number;
}

/** Reads a dump that comes in pieces. */
export interface DumpReader {
  /** The keys that are whole with this piece, whose memory they may share. @throws PluginError `invalid` when it is no dump, or has a type that is not known */
  feed(piece: Uint8Array): DumpedKey[];
  /** The last keys. @throws PluginError `invalid` unless the dump has come to its end */
  end(): DumpedKey[];
  /** The code of the libraries of functions that have come since it was asked last. */
  libraries(): readonly Buffer[];
  /** The version of the format; 0 before the first bytes. */
  version(): number;
}

/** Begins to read a dump. @param keeps whether the keys' values are wanted: a large one is not held only to find its end */
export function createDumpReader({ keeps = true }: { readonly keeps?: boolean } = {}): DumpReader {
  const state: State = {
    keeps,
    toCome: 0,
    passed: 0,
    database: 0,
    version: 0,
    isOver: false,
    libraries: [],
  };
  let held: Buffer = Buffer.alloc(0);
  let enough = 0;
  /** What has come since, joined only when there is enough of it. */
  const waiting: Buffer[] = [];
  let came = 0;
  const read = (): DumpedKey[] => {
    const place: Place = { bytes: held, next: 0 };
    const keys: DumpedKey[] = [];
    let done = 0;
    try {
      if (state.version === 0) state.version = readHeader(place);
      for (done = place.next; !state.isOver; done = place.next) {
        const found = state.rest === undefined ? readEntry(place, state) : readRest(place, state);
        if (found !== undefined) keys.push(found);
      }
      enough = 0;
    } catch (error) {
      if (error !== TOO_SHORT) throw error;
      if (state.rest !== undefined) done = place.next;
      // A large value would be tried again with each piece, so that is only done when twice as much has come.
      enough = state.rest === undefined ? (held.length - done) * 2 : 0;
    }
    held = Buffer.from(held.subarray(done));
    state.passed += done;
    return keys;
  };
  return {
    version: () => state.version,
    libraries: () => state.libraries.splice(0),
    feed(piece) {
      if (state.isOver) return [];
      const passed = Math.min(state.toCome, piece.length);
      state.toCome -= passed;
      state.passed += passed;
      const more = piece.subarray(passed);
      came += more.length;
      if (held.length + came < enough) {
        waiting.push(Buffer.from(more));
        return [];
      }
      held =
        held.length + came === more.length
          ? Buffer.from(more.buffer, more.byteOffset, more.length)
          : Buffer.concat([held, ...waiting.splice(0), more]);
      came = 0;
      return read();
    },
    end() {
      held = Buffer.concat([held, ...waiting.splice(0)]);
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
  libraries: Buffer[];
  readonly keeps: boolean;
  /** How many bytes of the last key's value are still to come. */
  toCome: number;
  /** How many bytes of the dump lie before those that are held. */
  passed: number;
  /** Where what is said of the next key begins, if that is before its type. */
  begun?: number | undefined;
  /** Goes past what of the last key's value is still to come, if that is not one text. */
  rest?: Skip | undefined;
  expires?: bigint | undefined;
}

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

function readRest(place: Place, state: State): undefined {
  state.rest?.(place);
  state.rest = undefined;
}

/** Reads a key, or what stands between keys. */
function readEntry(place: Place, state: State): DumpedKey | undefined {
  const from = state.passed + place.next;
  const code = takeByte(place);
  if (OF_KEYS.has(code)) state.begun ??= from;
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
    case CODE.functions: {
      // Only once it is whole is it noted: what is too short is read again.
      const library = takeText(place);
      state.libraries.push(library);
      return undefined;
    }
    case CODE.idle:
      return skip(place, takeLength, 1);
    case CODE.frequency:
      return skip(place, takeByte, 1);
    case CODE.moduleAux:
      return skipModule(place);
    default:
      return readKey(place, { type: code, at: state.begun ?? from }, state);
  }
}

/** What stands before the type of the key that it is about. */
const OF_KEYS: ReadonlySet<number> = new Set([CODE.idle, CODE.frequency, CODE.expiresMs, CODE.expires]);

function readKey(
  place: Place,
  { type, at }: { readonly type: number; readonly at: number },
  state: State,
): DumpedKey {
  const key = takeText(place);
  const from = place.next;
  if (state.keeps) skipValue(place, type, state.version);
  else if (OF_ONE_TEXT.has(type)) state.toCome = passText(place);
  else state.rest = passValue(type, state.version);
  const value = place.bytes.subarray(from, place.next);
  const { database, expires } = state;
  state.expires = undefined;
  state.begun = undefined;
  return { database, key, expires, type, value, from: at, to: state.passed + place.next };
}
