/** The tombstones that a place has, of whichever machine. */
import { Database } from "bun:sqlite";
import { TombstoneError } from "../../retention/tombstones/error.ts";
import { taggerOf } from "../../retention/tombstones/tag.ts";
import type { Erased } from "../../retention/tombstones/tombstones.ts";
import { plainName } from "../format/bookkeeping.ts";
import { ENCRYPTED } from "../format/copy-file.ts";
import type { Place } from "../place/place.ts";
import type { PlainForm } from "../read/copy-storage.ts";
import { ownList } from "./share.ts";
import {
  batchesNamed,
  coveredBy,
  ERASED_FOLDER,
  fromStored,
  KEY_NAME,
  KEY_TEXT_BYTES,
  keyFromText,
  type StoredBatches,
  storedBytes,
} from "./stored-list.ts";

/** A place, how what is encrypted there is read, and the project that reads: what it has itself it does not fetch. */
interface PlaceToRead {
  readonly place: Place;
  readonly opened: PlainForm;
  readonly directory: string;
}

/**
 * Reads the tombstones of a place into a temporary file; `undefined` when it has none that this project lacks. Dispose of them.
 * @throws TombstoneError when a part is damaged or missing; what opening encrypted objects throws; PluginError
 */
export async function tombstonesIn(reading: PlaceToRead): Promise<(Erased & Disposable) | undefined> {
  const own = ownList(reading);
  const lists: (Erased & Disposable)[] = [];
  const close = (): void => {
    for (const list of lists) list[Symbol.dispose]();
  };
  try {
    for (const [id, objects] of await listsIn(reading.place)) {
      const { batches } = stored(objects);
      if (id !== own?.id || coveredBy(batches) > own.batches) lists.push(await listIn(id, objects, reading));
    }
  } catch (error) {
    close();
    throw error;
  }
  if (lists.length === 0) return undefined;
  return {
    isErased: (of, content) => lists.some((list) => list.isErased(of, content)),
    size: lists.reduce((sum, { size }) => sum + size, 0),
    [Symbol.dispose]: close,
  };
}

/** By list, its objects: their names in its folder, with their sizes. */
async function listsIn(place: Place): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> {
  const lists = new Map<string, Map<string, number>>();
  for (const [name, { size }] of await place.list(`${ERASED_FOLDER}/`)) {
    const [, id, object, ...others] = name.split("/");
    if (id === undefined || object === undefined || others.length > 0 || !/^[0-9a-f]{16}$/.test(id)) continue;
    lists.set(id, (lists.get(id) ?? new Map<string, number>()).set(object, size));
  }
  return lists;
}

type Objects = ReadonlyMap<string, number>;

function stored(objects: Objects): { readonly batches: readonly StoredBatches[] } {
  return { batches: [...objects.keys()].flatMap((name) => batchesNamed(plainName(name)) ?? []) };
}

async function listIn(id: string, objects: Objects, reading: PlaceToRead): Promise<Erased & Disposable> {
  const { place } = reading;
  const folder = `${ERASED_FOLDER}/${id}`;
  const where = place.shown(folder);
  const { batches } = stored(objects);
  const keyName = [...objects.keys()].find((name) => plainName(name) === KEY_NAME);
  if (keyName === undefined || coveredBy(batches) < Math.max(0, ...batches.map(({ last }) => last)))
    throw new TombstoneError(`${where} is not whole: a part of what was erased is missing there`, MISSING);
  const key = Buffer.from(await whole(keyName, KEY_TEXT_BYTES, { folder, objects, ...reading })).toString();
  const tag = taggerOf(keyFromText(key, `${where}/${keyName}`));
  const table = newTable();
  try {
    for (const name of objects.keys()) {
      const named = batchesNamed(plainName(name));
      if (named === undefined) continue;
      const bytes = await whole(name, storedBytes(named.count), { folder, objects, ...reading });
      table.add([...fromStored(bytes, `${where}/${name}`)]);
    }
  } catch (error) {
    table[Symbol.dispose]();
    throw error;
  }
  return { ...table, isErased: (of, content) => table.has(tag(of, content)) };
}

const MISSING = "a machine that has erased writes it again with its next copy to this place";

interface Folder extends PlaceToRead {
  readonly folder: string;
  readonly objects: Objects;
}

/** All of an object. @param bytes of what is in it: its name says so, and nothing larger is fetched */
async function whole(
  name: string,
  bytes: number,
  { place, opened, folder, objects }: Folder,
): Promise<Uint8Array> {
  const size = objects.get(name) ?? 0;
  const isEncrypted = name.endsWith(ENCRYPTED);
  if (isEncrypted ? size < bytes || size > bytes + bytes / 1000 + HEADER_MAX : size !== bytes)
    throw new TombstoneError(
      `${place.shown(`${folder}/${name}`)} has ${size} bytes, which is not its size`,
      MISSING,
    );
  const object = {
    ...{ name: `${folder}/${name}`, bytes: size, sha256: "" },
    ...(isEncrypted ? { encrypted: { bytes, recipients: [...place.recipients] } } : {}),
  };
  const fetch: Parameters<PlainForm>[1]["fetch"] = (range, into) => place.fetch(object.name, range, into);
  const plain = await opened(object, { bytes: size, fetch });
  return plain.fetch({ from: 0, to: bytes });
}

/** More than age writes before what is encrypted, for as many recipients as anybody has. Bytes */
const HEADER_MAX = 64 << 10;

/** Tombstones in a temporary file of SQLite's, which goes with the process. */
function newTable() {
  const database = new Database(":memory:");
  for (const pragma of ["temp_store = file", "temp.cache_size = -8192"]) database.run(`PRAGMA ${pragma}`);
  database.run("CREATE TEMP TABLE erased (tag BLOB PRIMARY KEY) WITHOUT ROWID");
  const insert = database.query<undefined, [Uint8Array]>("INSERT OR IGNORE INTO erased VALUES (?)");
  const find = database.query<{ found: number }, [Uint8Array]>("SELECT 1 AS found FROM erased WHERE tag = ?");
  let size = 0;
  return {
    add: database.transaction((tags: readonly Uint8Array[]) => {
      for (const tag of tags) size += insert.run(tag).changes;
    }),
    has: (tag: Uint8Array): boolean => find.get(tag) !== null,
    get size() {
      return size;
    },
    [Symbol.dispose]: () => database.close(),
  };
}
