/** Which rows go with others by the foreign keys of a database. https://www.sqlite.org/foreignkeys.html */
import type { Database } from "bun:sqlite";
import { quoted } from "../database.ts";
import type { Row } from "../row.ts";
import { type KeyedRow, type KeyedTable, keyedRows, nameOfRow } from "./keys.ts";

/** Columns of a table that refer to rows of another one, or of itself. */
interface Relation {
  readonly child: KeyedTable;
  readonly parent: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** What happens to rows when what they refer to goes. */
  readonly action: "goes" | "stays" | "keeps";
}

/** Every foreign key of the tables. */
export function relationsIn(database: Database, tables: ReadonlyMap<string, KeyedTable>): Relation[] {
  const keys = database.query<Told, [string]>(
    'SELECT id, "table" AS parent, "from" AS own, "to" AS other, on_delete AS action FROM pragma_foreign_key_list(?) ORDER BY id, seq',
  );
  const primary = database.query<{ name: string }, [string]>(
    "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk",
  );
  return [...tables.values()].flatMap((child) =>
    [...Map.groupBy(keys.all(child.name), ({ id }) => id).values()].flatMap((columns) => {
      const [first] = columns;
      // Names of tables are compared without regard to case.
      const parent = [...tables.keys()].find((name) => name.toLowerCase() === first?.parent.toLowerCase());
      if (first === undefined || parent === undefined) return [];
      const named = columns.map(({ other }) => other).filter((name) => name !== null);
      const to = named.length === columns.length ? named : primary.all(parent).map(({ name }) => name);
      const from = columns.map(({ own }) => own);
      return [{ child, parent, from, to, action: ACTIONS[first.action] ?? "keeps" }];
    }),
  );
}

interface Told {
  readonly id: bigint;
  readonly parent: string;
  readonly own: string;
  readonly other: string | null;
  readonly action: string;
}

const ACTIONS: Readonly<Record<string, Relation["action"]>> = {
  CASCADE: "goes",
  "SET NULL": "stays",
  "SET DEFAULT": "stays",
};

/** A row that goes because another one does. */
export interface FollowingRow extends KeyedRow {
  /** The table of that other one. */
  readonly via: string;
}

const AT_ONCE = 200;

/** The rows that go with these by their foreign keys, each once, and those that go with them. */
export function* followersOf(
  database: Database,
  relations: readonly Relation[],
  rows: readonly KeyedRow[],
): Generator<FollowingRow> {
  const known = new Set(rows.map(nameOfRow));
  for (let last = rows; last.length > 0; ) {
    const next: FollowingRow[] = [];
    for (const found of referringTo(
      database,
      relations.filter(({ action }) => action === "goes"),
      last,
    )) {
      const name = nameOfRow(found);
      if (known.has(name)) continue;
      known.add(name);
      next.push(found);
    }
    yield* next;
    last = next;
  }
}

/** The tables with rows that refer to some of these and would be left without what they refer to. */
export function keptBy(
  database: Database,
  relations: readonly Relation[],
  rows: readonly KeyedRow[],
): string[] {
  const gone = new Set(rows.map(nameOfRow));
  const keeping = relations.filter(({ action }) => action === "keeps");
  const left = [...referringTo(database, keeping, rows)].filter((row) => !gone.has(nameOfRow(row)));
  return [...new Set(left.map(({ table }) => table.name))];
}

function* referringTo(
  database: Database,
  relations: readonly Relation[],
  rows: readonly KeyedRow[],
): Generator<FollowingRow> {
  for (const { child, parent, from, to } of relations) {
    const parents = rows.filter(({ table }) => table.name === parent);
    for (let at = 0; at < parents.length; at += AT_ONCE) {
      const some = parents.slice(at, at + AT_ONCE);
      const marks = some.map(() => `(${to.map(() => "?").join(", ")})`).join(", ");
      const rest = `WHERE (${from.map(quoted).join(", ")}) IN (VALUES ${marks})`;
      const bound = some.flatMap(({ row }) => to.map((name) => valueAt(row, name)));
      for (const found of keyedRows(database, child, { rest, bound })) yield { ...found, via: parent };
    }
  }
}

/** Names of columns are compared without regard to case, too. */
const valueAt = (row: Row, name: string) =>
  row[name] ?? Object.entries(row).find(([own]) => own.toLowerCase() === name.toLowerCase())?.[1] ?? null;

/** Tables in an order in which rows go before those that they refer to. */
export function childrenFirst(relations: readonly Relation[], tables: Iterable<string>): string[] {
  const left = new Set(tables);
  const order: string[] = [];
  while (left.size > 0) {
    const isReferredTo = (name: string): boolean =>
      relations.some(({ child, parent }) => parent === name && child.name !== name && left.has(child.name));
    const next = [...left].filter((name) => !isReferredTo(name));
    // Tables that refer to one another have no such order.
    for (const name of next.length === 0 ? left : next) {
      order.push(name);
      left.delete(name);
    }
  }
  return order;
}
