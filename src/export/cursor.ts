import type { Cursor, Json } from "../plugin/contract.ts";
import { LATEST } from "../snapshot/range-text.ts";
import type { Range } from "../units/range.ts";

/** The same text for the same cursor, whatever the order of its members. */
export function cursorKey(cursor: Cursor): string {
  return canonical(cursor);
}

function canonical(value: Json | undefined): string {
  if (value === null || value === undefined || typeof value !== "object")
    return JSON.stringify(value ?? null);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`);
  return `{${members.join(",")}}`;
}

const DECIMAL = /^\d{1,21}$/;

/** The range that a cursor names in its members `from` and `to` (decimal strings of ns), if it does. */
export function cursorRange({ from, to }: Cursor): Range | undefined {
  if (typeof from !== "string" || typeof to !== "string" || !DECIMAL.test(from) || !DECIMAL.test(to))
    return undefined;
  const range = { from: BigInt(from), to: BigInt(to) };
  return range.from < range.to && range.to <= LATEST ? range : undefined;
}
