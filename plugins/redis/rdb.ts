/**
 * A dump, key by key. The value of a key is not understood, only where it ends: its bytes are what `RESTORE` takes.
 * https://github.com/redis/redis/blob/unstable/src/rdb.h
 */
import {
  damaged,
  type Place,
  skipText,
  TOO_SHORT,
  take,
  takeByte,
  takeLength,
  takeText,
} from "./encoding.ts";
import { skip, skipModule, skipValue } from "./values.ts";

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
interface DumpReader {
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
