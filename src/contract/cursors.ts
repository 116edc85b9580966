/** Cursors from pieces of work, and back. */
import * as v from "valibot";
import { PluginError } from "./errors.ts";
import type { Cursor } from "./export.ts";

/** A time in the schema of a cursor: ns as a decimal string, since JSON numbers are not exact beyond 2^53. */
export const nanoseconds = v.pipe(
  v.string(),
  v.regex(/^-?\d+$/, "not a time in ns"),
  v.transform((text) => BigInt(text)),
);

/** A piece of work as a cursor: times become decimal strings, and members that are `undefined` are left out. */
export const encodeCursor = (work: object): Cursor =>
  JSON.parse(
    JSON.stringify(work, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)),
  );

/**
 * The piece of work that a cursor names.
 * @param plugin whose cursor it is, for the message
 * @throws PluginError `invalid` when it is of another version, or was changed
 */
export function decodeCursor<Schema extends v.GenericSchema>(
  plugin: string,
  schema: Schema,
  cursor: Cursor,
): v.InferOutput<Schema> {
  const { success, output, issues } = v.safeParse(schema, cursor);
  if (success) return output;
  throw new PluginError("invalid", `${plugin}: not a cursor of this version: ${issues[0].message}`);
}
