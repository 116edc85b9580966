/** Erases a person's rows from databases that others use meanwhile. */
import type { Database } from "bun:sqlite";
import {
  type EraseAnswer,
  type EraseRequest,
  type ErasureOutcome,
  isKind,
  parseShape,
  type v,
} from "contextcore";
import { withDatabase } from "../database.ts";
import type { Saved } from "../export.ts";
import { databaseFiles } from "../files.ts";
import { foldLog, heedRules, inTransaction, LOCKED, STILL_READ } from "../transaction.ts";
import { reference } from "./find.ts";
import { tidyFullText } from "./full-text.ts";
import { type KeyedRow, keyedTables, nameOfRow, rowOf } from "./keys.ts";
import { placesIn } from "./places.ts";
import { followersOf, relationsIn } from "./relations.ts";
import { remainsIn } from "./remains.ts";
import { NotRemoved, removeRows, triggersOn } from "./remove.ts";
import { isPersons } from "./rows.ts";

type Reference = v.InferOutput<typeof reference>;
type Outcome = Pick<ErasureOutcome, "state" | "reason">;

/** Erases what was found. What is not there any more, or is nothing of that person's any more, counts as erased. @throws PluginError */
export function eraseFound(saved: Saved, { id, found }: EraseRequest, signal: AbortSignal): EraseAnswer {
  const references = found.map((one) =>
    parseShape("sqlite: a reference", reference, JSON.stringify(one.reference)),
  );
  const known = new Set(databaseFiles(saved.path).map(({ path }) => path));
  const outcomes = new Map<string, Outcome>();
  for (const [path, own] of Map.groupBy(references, (one) => one.path)) {
    signal.throwIfAborted();
    outcomes.set(path, known.has(path) ? eraseIn(path, own, id, saved) : GONE);
  }
  return {
    outcomes: found.map(({ count }, n) => ({ ...(outcomes.get(references[n]?.path ?? "") ?? GONE), count })),
  };
}

const GONE: Outcome = { state: "owed", reason: "The database is not where it was when they were found." };

/** All rows of a database go at once, or none. */
function eraseIn(path: string, references: readonly Reference[], id: string, saved: Saved): Outcome {
  try {
    const notes = withDatabase(path, "write", (database) => {
      heedRules(database);
      const told = inTransaction(database, () => removeTheirs(database, references, id, saved));
      return { told, isFolded: foldLog(database) };
    });
    if (!notes.isFolded) return { state: "owed", reason: STILL_READ };
    const remains = remainsIn(path, id);
    const reason = [...notes.told, ...(remains === undefined ? [] : [remains.reason])].join(" ");
    return { state: remains?.isOwed === true ? "owed" : "erased", ...(reason !== "" && { reason }) };
  } catch (error) {
    if (error instanceof NotRemoved) return { state: "impossible", reason: error.message };
    if (error instanceof Changed) return { state: "owed", reason: error.message };
    if (isKind(error, "temporary")) return { state: "owed", reason: LOCKED };
    throw error;
  }
}

/** More goes with the rows now than was found. */
class Changed extends Error {}

/** @returns what is to be said about it, in sentences */
function removeTheirs(
  database: Database,
  references: readonly Reference[],
  id: string,
  { ledger }: Saved,
): string[] {
  const tables = keyedTables(database);
  const named = new Set<string>();
  const theirs = references.flatMap(({ table: name, keys, where, via }) => {
    const table = tables.get(name);
    if (table === undefined) return [];
    const places = placesIn(where, id);
    return keys.flatMap((key) => {
      named.add(nameOfRow({ table, key }));
      const row = rowOf(database, table, key);
      return row !== undefined && via === undefined && isPersons(row, places) ? [row] : [];
    });
  });
  const rows = [...theirs, ...followersOf(database, relationsIn(database, tables), theirs)];
  if (rows.some((row) => !named.has(nameOfRow(row)))) throw new Changed(MORE);
  removeRows(database, rows);
  const touched = new Set(rows.map(({ table }) => table.name));
  tidyFullText(database, touched);
  return [...triggersIn(database, touched), ...chainIn(rows, ledger)];
}

const MORE = "Since they were found, more rows have come that go with them: nothing was removed; look again.";

function triggersIn(database: Database, tables: Iterable<string>): string[] {
  const names = [...tables].flatMap((name) => triggersOn(database, name));
  return names.length === 0 ? [] : [`Triggers of the database ran with it: ${names.join(", ")}.`];
}

function chainIn(rows: readonly KeyedRow[], ledger: Saved["ledger"]): string[] {
  const isLinked = ledger?.previous !== undefined;
  if (!isLinked || !rows.some(({ table }) => table.name === ledger.table)) return [];
  return [`The chain of hashes of ${ledger.table} lacks them: an export names where.`];
}
