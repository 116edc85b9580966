import type { Cursor, Json } from "../plugin/contract.ts";

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
