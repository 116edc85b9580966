/** A key as a line of JSON: its name and what `DUMP` gave, in base64. */
import { parseShape, v } from "contextcore";

/** A key and its value, as `DUMP` gives it and `RESTORE` takes it. */
export interface SavedKey {
  readonly database: number;
  readonly key: Buffer;
  readonly dump: Buffer;
  /** When it expires, ms since the epoch; absent: never. */
  readonly expires?: bigint | undefined;
}

const base64 = v.pipe(v.string(), v.base64());
const shape = v.object({
  database: v.pipe(v.number(), v.integer(), v.minValue(0)),
  key: base64,
  dump: base64,
  expires: v.optional(v.pipe(v.string(), v.regex(/^\d{1,19}$/))),
});

/** The line of a key, newline included. */
export const toLine = ({ database, key, dump, expires }: SavedKey): string =>
  `${JSON.stringify({
    database,
    key: key.toString("base64"),
    dump: dump.toString("base64"),
    ...(expires !== undefined && { expires: `${expires}` }),
  })}\n`;

/** The key of a line. @throws PluginError `invalid` when the line has another form */
export function fromLine(line: string): SavedKey {
  const { database, key, dump, expires } = parseShape("a line of keys.jsonl", shape, line);
  return {
    database,
    key: Buffer.from(key, "base64"),
    dump: Buffer.from(dump, "base64"),
    expires: expires === undefined ? undefined : BigInt(expires),
  };
}
