import type { Database } from "bun:sqlite";
import {
  type Cursor,
  type ExportRequest,
  PluginError,
  type Start,
  type Step,
  safeFileName,
  v,
} from "contextcore";
import { findCopy, takeCopy } from "./copy.ts";
import { quoted, type Table, tablesIn, virtualTablesIn, withDatabase } from "./database.ts";
import { type Line, toLine, type Value } from "./row.ts";

const ROWS_READ = 500;

const place = v.object({
  /** The copy that all steps read from. */
  copy: v.string(),
  /** Absent in the cursor of the schema. */
  table: v.optional(v.string()),
  /** How many rows of the table are done. */
  done: v.optional(v.number(), 0),
  from: v.string(),
  to: v.string(),
});

/** One cursor for the schema, and one for each table. */
export async function start(file: string, { range }: ExportRequest, signal: AbortSignal): Promise<Start> {
  signal.throwIfAborted();
  const copy = await takeCopy(file);
  const common = { copy, from: `${range.from}`, to: `${range.to}` };
  const tables = withDatabase(await findCopy(file, copy), "read", tablesIn);
  return {
    cursors: [common, ...tables.map(({ name }) => ({ ...common, table: name }))],
    notes: { copy: "VACUUM INTO" },
  };
}

export async function step(
  file: string,
  cursor: Cursor,
  { stepBytes, signal }: { stepBytes: number; signal: AbortSignal },
): Promise<Step> {
  signal.throwIfAborted();
  const { copy, table, done, from, to } = v.parse(place, cursor);
  return withDatabase(await findCopy(file, copy), "read", (database) => {
    if (table === undefined) return schemaOf(database);
    const text: string[] = [];
    let bytes = 0;
    for (const line of linesFrom(database, table, done)) {
      text.push(toLine(line));
      bytes += text.at(-1)?.length ?? 0;
      if (bytes >= stepBytes) break;
    }
    if (text.length === 0) return {};
    const records = {
      file: `example/sqlite/${safeFileName(table)}.jsonl`,
      text: text.join(""),
      lines: text.length,
      from: BigInt(from),
      to: BigInt(to),
      counts: { rows: text.length },
    };
    return { records: [records], next: [{ ...cursor, done: done + text.length }] };
  });
}

/** In the order in which the table is stored, which the copy never changes. */
function* linesFrom(database: Database, name: string, done: number): Generator<Line> {
  const table = tablesIn(database).find((one) => one.name === name);
  if (table === undefined) throw new PluginError("not-found", `the copy has no table ${name}`);
  const columns = [...(table.hasRowid ? ["rowid"] : []), ...table.columns.map(quoted)].join(", ");
  const query = database.query<unknown, [number, number]>(
    `SELECT ${columns} FROM ${quoted(name)} LIMIT ? OFFSET ?`,
  );
  for (let offset = done; ; offset += ROWS_READ) {
    const rows = query.values(ROWS_READ, offset);
    for (const values of rows) yield lineOf(table, values);
    if (rows.length < ROWS_READ) return;
  }
}

function lineOf({ name, columns, hasRowid }: Table, values: readonly Value[]): Line {
  const own = hasRowid ? values.slice(1) : values;
  const row = Object.fromEntries(columns.map((column, index) => [column, own[index] ?? null]));
  const [rowid] = values;
  return { table: name, ...(hasRowid && typeof rowid === "bigint" ? { rowid } : {}), row };
}

/** Tables and indexes in one file; views and triggers, which refer to them, in another. */
function schemaOf(database: Database): Step {
  const sql = (types: string): string =>
    database
      .query<{ sql: string }, []>(
        `SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND type IN (${types}) ORDER BY type = 'table' DESC, rowid`,
      )
      .all()
      .map((row) => `${row.sql};\n`)
      .join("");
  const files = [
    { path: "example/sqlite/schema.sql", text: sql("'table', 'index'"), unit: "schemas" },
    { path: "example/sqlite/after.sql", text: sql("'view', 'trigger'"), unit: "schemas" },
  ];
  const items = virtualTablesIn(database);
  const reason = "The rows of virtual tables are not exported; rebuild them from the tables that they index.";
  return {
    objects: files.filter(({ text }) => text !== ""),
    problems: items.length === 0 ? [] : [{ kind: "not-contained", reason, items }],
  };
}
