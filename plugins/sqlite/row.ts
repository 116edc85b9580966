/** A row as a line of JSON that loses nothing: what JSON has no word for stands in an object of one key. */
import { objectOf, parseShape, v } from "contextcore";

/** What SQLite holds in one column of one row. Whole numbers are `bigint`: they have 64 bits. */
export type Value = null | string | number | bigint | Uint8Array;
/** A row, by column. */
export type Row = Readonly<Record<string, Value>>;

/** SQLite's have 64 bits. */
const integer = v.pipe(
  v.string(),
  v.regex(/^-?\d{1,19}$/),
  v.check((text) => BigInt.asIntN(64, BigInt(text)) === BigInt(text), "more than 64 bits"),
);
/** See {@link Cell}. */
export const cell = v.union([
  v.null(),
  v.string(),
  v.number(),
  v.object({ $integer: integer }),
  v.object({ $real: v.string() }),
  v.object({ $blob: v.string() }),
]);
const line = v.object({ table: v.string(), rowid: v.optional(integer), row: objectOf(cell) });
/** A value as JSON. */
export type Cell = v.InferOutput<typeof cell>;

/** A row of a table. */
export interface Line {
  readonly table: string;
  /** Its place in a table that has one: two rows may be equal in everything else. */
  readonly rowid?: bigint;
  readonly row: Row;
}

/** The line of a row, newline included. */
export function toLine({ table, rowid, row }: Line): string {
  const cells = Object.fromEntries(Object.entries(row).map(([name, value]) => [name, toCell(value)]));
  return `${JSON.stringify({ table, ...(rowid === undefined ? {} : { rowid: `${rowid}` }), row: cells })}\n`;
}

/** What a row says, as text that is the same for the same row of every database: its place in the table is not part of it. */
export function contentOf({ table, row }: Omit<Line, "rowid">): string {
  const cells = Object.keys(row)
    .sort()
    .map((name) => [name, toCell(row[name] ?? null)]);
  return JSON.stringify({ row: Object.fromEntries(cells), table });
}

/** The row of a line. @throws PluginError `invalid` when it is not such a line */
export function fromLine(text: string): Line {
  const { table, rowid, row } = parseShape("sqlite: a line", line, text);
  const values = Object.fromEntries(Object.entries(row).map(([name, one]) => [name, fromCell(one)]));
  return { table, ...(rowid === undefined ? {} : { rowid: BigInt(rowid) }), row: values };
}

/** An integer is always marked, so that 1 and 1.0 stay what they are. */
export function toCell(value: Value): Cell {
  if (typeof value === "bigint") return { $integer: `${value}` };
  if (typeof value === "number") return Number.isFinite(value) ? value : { $real: `${value}` };
  if (value instanceof Uint8Array) return { $blob: Buffer.from(value).toString("base64") };
  return value;
}

/** What a column holds, from JSON. */
export function fromCell(one: Cell): Value {
  if (typeof one !== "object" || one === null) return one;
  if ("$integer" in one) return BigInt(one.$integer);
  if ("$real" in one) return Number(one.$real);
  return new Uint8Array(Buffer.from(one.$blob, "base64"));
}
