/** Rows of a database that lies in a snapshot: found and listed in the unpacked file, and taken out of it. */
import { Database } from "bun:sqlite";
import { rmSync } from "node:fs";
import {
  type FindRequest,
  type Json,
  parseShape,
  type StoredData,
  type StoredErasure,
  type StoredRecord,
  sleep,
  type UnpackedFile,
  v,
} from "contextcore";
import { classified } from "../database.ts";
import { isPattern } from "../files.ts";
import { cell, contentOf } from "../row.ts";
import { inWords } from "./find.ts";
import { keyedRows, keyedTables } from "./keys.ts";
import { placesIn } from "./places.ts";
import { type PersonsRow, personsRows, placesOf } from "./rows.ts";
import { withoutRows } from "./without-rows.ts";

const reference = v.object({ table: v.string(), key: v.array(cell) });
/** A row of an unpacked database. */
type StoredReference = v.InferOutput<typeof reference>;

/** @param option `path` of the instance: a pattern has databases of several kinds */
export const createStored = (option: string): StoredData => ({
  find: (file, request, signal) => findStored(file, request, { signal, isOneOfMany: isPattern(option) }),
  records: (file, signal) => recordsIn(file, allRows, signal),
  async erase(file, references, signal): Promise<StoredErasure> {
    signal.throwIfAborted();
    const rows = await withoutRows(file, references.map(referenceIn), signal);
    return { counts: rows === 0 ? {} : { rows } };
  },
});

const referenceIn = (one: Json): StoredReference =>
  parseShape("sqlite: a reference", reference, JSON.stringify(one));

function findStored(
  file: UnpackedFile,
  { id, where }: FindRequest,
  { signal, isOneOfMany }: { readonly signal: AbortSignal; readonly isOneOfMany: boolean },
): AsyncGenerator<StoredRecord> {
  const places = placesIn(where, id);
  const theirs = (database: Database) =>
    personsRows(database, placesOf(database, places, isOneOfMany), signal);
  return recordsIn(file, theirs, signal);
}

function* allRows(database: Database): Generator<PersonsRow> {
  for (const table of keyedTables(database).values()) yield* keyedRows(database, table);
}

/** So many rows are read before other work has its turn. */
const AT_ONCE = 500;

async function* recordsIn(
  { file, path }: UnpackedFile,
  rowsOf: (database: Database) => Iterable<PersonsRow>,
  signal: AbortSignal,
): AsyncGenerator<StoredRecord> {
  let database: Database | undefined;
  let read = 0;
  try {
    // Not read-only: SQLite then leaves no files beside it.
    database = new Database(path, { readwrite: true, create: false, safeIntegers: true, strict: true });
    for (const row of rowsOf(database)) {
      read += 1;
      if (read % AT_ONCE === 0) await sleep(0, signal);
      yield recordOf(row);
    }
  } catch (error) {
    throw classified(error, file);
  } finally {
    database?.close();
    for (const ending of ["-wal", "-shm"]) rmSync(`${path}${ending}`, { force: true });
  }
}

const recordOf = ({ table, key, row, via }: PersonsRow): StoredRecord => ({
  ...{ unit: "rows", count: 1, where: inWords({ table: table.name, via }) },
  content: contentOf({ table: table.name, row }),
  reference: { table: table.name, key: [...key] },
});
