/** Whether the bytes of a database still hold an identifier after its rows are gone. */
import { closeSync, openSync, readSync } from "node:fs";
import { holdsWord } from "contextcore";
import { quoted, withDatabase } from "../database.ts";
import { keyedRows, keyedTables } from "./keys.ts";
import { matcherOf } from "./places.ts";

/** Why an identifier is still there. */
interface Remains {
  readonly reason: string;
  /** It stands in no row any more: it is what SQLite has not overwritten. */
  readonly isOwed: boolean;
}

/** A shorter identifier stands in any file by chance. Bytes */
const LENGTH_MIN = 8;

/** Looks for it; `undefined`: it is not there, or cannot be looked for. @throws PluginError */
export function remainsIn(path: string, id: string): Remains | undefined {
  if (Buffer.byteLength(id) < LENGTH_MIN || !isInBytes(path, id)) return undefined;
  const tables = tablesWith(path, id);
  if (tables.length === 0) return { isOwed: true, reason: UNWRITTEN };
  return {
    isOwed: false,
    reason: `The identifier still stands in ${tables.join(", ")}, of which \`subjects\` says nothing.`,
  };
}

const UNWRITTEN =
  "They are removed, but the file still has remains of rows that were changed or deleted earlier without being overwritten: run `VACUUM` on it.";

function tablesWith(path: string, id: string): string[] {
  return withDatabase(path, "read", (database) => {
    const matches = matcherOf({ match: "word", value: id });
    const hasIt = (table: Parameters<typeof keyedRows>[1]): boolean => {
      const columns = table.columns.map((name) => `instr(CAST(${quoted(name)} AS TEXT), ?1)`);
      const rows = keyedRows(database, table, { rest: `WHERE ${columns.join(" OR ")}`, bound: [id] });
      return rows.some(({ row }) => Object.values(row).some(matches));
    };
    return [...keyedTables(database).values()].filter(hasIt).map(({ name }) => name);
  });
}

const PIECE = 1 << 20;

/** Whether the file has the text in it, in any encoding that SQLite has, as a whole word. */
function isInBytes(path: string, id: string): boolean {
  const forms = (["utf8", "utf16le"] as const).map((encoding) => ({
    encoding,
    bytes: Buffer.from(id, encoding),
  }));
  const holds = holdsWord(id);
  const around = 8;
  const overlap = Math.max(...forms.map(({ bytes }) => bytes.length)) + 2 * around;
  const buffer = Buffer.alloc(PIECE + overlap);
  const file = openSync(path, "r");
  try {
    for (let at = 0; ; at += PIECE) {
      const read = readSync(file, buffer, 0, buffer.length, at);
      const held = buffer.subarray(0, read);
      const isIn = forms.some(({ encoding, bytes }) =>
        placesOf(held, bytes).some((from) =>
          holds(held.toString(encoding, Math.max(0, from - around), from + bytes.length + around)),
        ),
      );
      if (isIn) return true;
      if (read < buffer.length) return false;
    }
  } finally {
    closeSync(file);
  }
}

function* positions(held: Buffer, bytes: Buffer): Generator<number> {
  for (let at = held.indexOf(bytes); at >= 0; at = held.indexOf(bytes, at + 1)) yield at;
}

const placesOf = (held: Buffer, bytes: Buffer): number[] => [...positions(held, bytes)];
