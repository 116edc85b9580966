/**
 * What a ledger's rows that were let go are remembered by: a file beside the database, a line for each cut, since a ledger's own rules
 * may forbid a row that says so. The chain of hashes goes on across the cut: the first row that is left names the last hash here.
 */
import { closeSync, constants, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { parseShape, syncDirectory, systemCode, v } from "contextcore";
import { type Cell, cell } from "../row.ts";

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

/** The cuts of a table, oldest first. A line that a crash cut short noted a cut that was not made. @throws PluginError `invalid` when the file is damaged */
export function cutsOf(path: string, table: string): CutEntry[] {
  const text = read(fileOf(path));
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  return lines
    .filter((line) => line !== "")
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

/** Whether the row that is the first one now, by what it names as the hash before it, continues what was archived, or was put back whole. */
export const continues = (cuts: readonly CutEntry[], previous: Cell | undefined): boolean =>
  previous === undefined ||
  cuts.length === 0 ||
  cuts.some(({ first, last }) => isSame(last.hash, previous) || isSame(first.previous, previous));

const isSame = (one: Cell | undefined, other: Cell): boolean =>
  one !== undefined && JSON.stringify(one) === JSON.stringify(other);

/** Writes a cut down durably, before it is made. The same cut with the same archive, noted and not made then, is not noted again. */
export async function noteCut(path: string, cut: CutEntry): Promise<void> {
  const last = cutsOf(path, cut.table).at(-1);
  if (last !== undefined && nameOf(last) === nameOf(cut)) return;
  const file = openSync(fileOf(path), APPEND, 0o600);
  try {
    // A line that a crash cut short is taken away, so that the next one begins a line.
    const text = read(fileOf(path));
    ftruncateSync(file, Buffer.byteLength(text.slice(0, text.lastIndexOf("\n") + 1)));
    writeSync(file, `${JSON.stringify(cut)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  await syncDirectory(dirname(path));
}

/** Beside the database, and not through a link that somebody has put there. */
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

const nameOf = ({ rows, first, last, snapshot }: CutEntry): string =>
  JSON.stringify([rows, first, last, snapshot]);
