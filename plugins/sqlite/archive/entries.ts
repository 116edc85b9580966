/**
 * What a ledger's rows that were let go are remembered by: a file beside the database, a line for each cut, since a ledger's own rules
 * may forbid a row that says so. The chain of hashes goes on across the cut: the first row that is left names the last hash here.
 */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { parseShape, syncDirectory, systemCode, v } from "contextcore";
import { cell } from "../row.ts";

const end = v.object({
  rowid: v.string(),
  /** RFC 3339 */
  time: v.string(),
  id: v.optional(cell),
  hash: v.optional(cell),
  previous: v.optional(cell),
});
const entry = v.object({
  table: v.string(),
  rows: v.number(),
  /** Every one of them is older than this. RFC 3339 */
  before: v.string(),
  /** When they were let go. RFC 3339 */
  at: v.string(),
  first: end,
  last: end,
  /** The snapshot that holds them, and the place where it was proved. */
  snapshot: v.optional(v.object({ name: v.string(), sha256: v.string(), place: v.optional(v.string()) })),
});
/** A cut: which rows left the ledger, by its two ends. */
export type CutEntry = v.InferOutput<typeof entry>;

/** `worm.db.archive.jsonl` */
const fileOf = (path: string): string => `${path}.archive.jsonl`;

/** The cuts of a table, oldest first. @throws PluginError `invalid` when the file is damaged */
export function cutsOf(path: string, table: string): CutEntry[] {
  const lines = read(fileOf(path))
    .split("\n")
    .filter((line) => line !== "");
  return lines
    .map((line) => parseShape(`sqlite: a line of ${fileOf(path)}`, entry, line))
    .filter((one) => one.table === table);
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return "";
    throw error;
  }
}

/** Writes a cut down durably, before it is made. One that is noted already, and was not made then, is not noted again. */
export async function noteCut(path: string, cut: CutEntry): Promise<void> {
  const last = cutsOf(path, cut.table).at(-1);
  if (last?.first.rowid === cut.first.rowid && last.last.rowid === cut.last.rowid) return;
  const file = openSync(fileOf(path), "a", 0o600);
  try {
    writeSync(file, `${JSON.stringify(cut)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  await syncDirectory(dirname(path));
}
