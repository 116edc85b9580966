/** Where a person shows up in a database: `customers.email={id}, events.actor=user:{id}, notes.body~{id}`. */
import { holdsWord, PluginError } from "contextcore";
import type { Table } from "../database.ts";
import type { Value } from "../row.ts";

/** A column, or all of a table's, and what a value there must be or hold. */
export interface Place {
  readonly table: string;
  /** `undefined`: every column. */
  readonly column: string | undefined;
  /** `exact`: it is the whole value. `word`: it stands in a text, with no letter, digit or `_` beside it. */
  readonly match: "exact" | "word";
  readonly value: string;
}

const NAME = String.raw`(?:"(?:[^"]|"")+"|[^\s".=~,]+)`;
const PLACE = new RegExp(String.raw`^\s*(${NAME})\.(${NAME})\s*(?:([=~])\s*(.*?)\s*)?$`, "s");

/** Commas between places; what stands within quotation marks is a name. */
const BETWEEN = /,(?=(?:[^"]*"[^"]*")*[^"]*$)/;

/** @throws PluginError `invalid`, without the identifier */
export function placesIn(where: string, id: string): Place[] {
  if (!/[\p{L}\p{N}]/u.test(id))
    throw new PluginError("invalid", "sqlite: an identifier without a letter or a digit matches no word");
  return where.split(BETWEEN).map((one) => {
    const [, table, column, sign = "=", value = "{id}"] = PLACE.exec(one) ?? [];
    if (table === undefined || column === undefined || !value.includes("{id}"))
      throw new PluginError("invalid", `sqlite: where a person shows up is not understood: ${one.trim()}`, {
        hint: "It names tables and columns: `customers.email={id}, events.actor=user:{id}, notes.body~{id}`. `=` is the whole value, `~` a word in it, and `TABLE.*` every column.",
      });
    return {
      table: plain(table),
      column: column === "*" ? undefined : plain(column),
      match: sign === "~" ? "word" : "exact",
      value: value.replaceAll("{id}", () => id),
    };
  });
}

const plain = (name: string): string =>
  name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;

/** The columns that a place means. @throws PluginError `invalid` when the table has no such column */
export function columnsOf({ column }: Pick<Place, "column">, table: Table): readonly string[] {
  if (column === undefined) return table.columns;
  if (!table.columns.includes(column))
    throw new PluginError("invalid", `sqlite: the table ${table.name} has no column ${column}`);
  return [column];
}

/** Whether a value is what a place says: SQLite's own comparison would take 012 for 12, and A for a. */
export function matcherOf({ match, value }: Pick<Place, "match" | "value">): (found: Value) => boolean {
  const isIn = match === "word" ? holdsWord(value) : (text: string) => text === value;
  return (found) => found !== null && isIn(textOf(found));
}

const textOf = (value: NonNullable<Value>): string =>
  value instanceof Uint8Array ? Buffer.from(value).toString() : String(value);

/** SQL that finds these values of columns, and perhaps others, with what to bind: an index on a column helps with exact ones. */
export function conditionFor(
  { match, value }: Pick<Place, "match" | "value">,
  columns: readonly string[],
): { readonly sql: string; readonly bound: readonly Value[] } {
  if (match === "word")
    return { sql: columns.map((one) => `instr(CAST(${one} AS TEXT), ?1)`).join(" OR "), bound: [value] };
  const bound = [value, new Uint8Array(Buffer.from(value)), ...numbersOf(value)];
  const equal = (one: string): string => bound.map((_, n) => `${one} = ?${n + 1}`).join(" OR ");
  return { sql: columns.map(equal).join(" OR "), bound };
}

/** The numbers that are written just so. */
function numbersOf(value: string): Value[] {
  if (/^-?\d{1,19}$/.test(value) && `${BigInt.asIntN(64, BigInt(value))}` === value) return [BigInt(value)];
  return String(Number(value)) === value ? [Number(value)] : [];
}
