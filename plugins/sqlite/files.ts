/** The database files that an instance names, and the names that they have in a snapshot. */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { PluginError, safeFileName, systemRefusal } from "contextcore";

/** A database, and its path in a snapshot: `sqlite/ledger.db`. */
interface DatabaseFile {
  readonly path: string;
  readonly file: string;
}

const FOLDER = "sqlite/";
const GLOB = /[*?[\]{}]/;

/** Whether the option names many files. */
const isPattern = (path: string): boolean => GLOB.test(basename(path)) || GLOB.test(baseOf(path).rest);

/** The part of a pattern that is a directory, and what comes below it. */
function baseOf(path: string): { readonly base: string; readonly rest: string } {
  const parts = path.split("/");
  const first = parts.findIndex((part) => GLOB.test(part));
  const cut = first < 0 ? parts.length - 1 : first;
  return { base: parts.slice(0, cut).join("/") || "/", rest: parts.slice(cut).join("/") };
}

/**
 * Every database that the option means: the named file, or those files of a pattern that begin as a database does. Links are not
 * followed. @throws PluginError `not-found` when the named file is not there, `refused` when a directory cannot be read
 */
export async function databaseFiles(path: string): Promise<DatabaseFile[]> {
  const { base, rest } = baseOf(path);
  if (!isPattern(path)) {
    requireThere(path);
    return [{ path, file: snapshotName(rest) }];
  }
  const found: string[] = [];
  const scan = new Bun.Glob(rest).scan({ cwd: base, onlyFiles: true, followSymlinks: false, dot: true });
  try {
    for await (const name of scan) if (isDatabase(join(base, name))) found.push(name);
  } catch (error) {
    throw refused(base, error);
  }
  return found.sort().map((name) => ({ path: join(base, name), file: snapshotName(name) }));
}

/** A name that no database has in a snapshot, because {@link escaped} leaves none that begins with `~r`. */
const ROWS = `${FOLDER}~rows/`;

/** The data file with rows of one of the database's tables: `sqlite/~rows/worm.db/entries.jsonl`. */
export const rowsFile = (file: string, table: string): string =>
  `${ROWS}${file.slice(FOLDER.length)}/${escaped(table)}.jsonl`;

/** Whether a file of a snapshot has rows; otherwise it is a database. */
export const hasRows = (file: string): boolean => file.startsWith(ROWS);

/** The database that a file of a snapshot is, or has rows of: `sqlite/worm.db`. */
export const databaseOf = (file: string): string =>
  hasRows(file) ? FOLDER + file.slice(ROWS.length, file.lastIndexOf("/")) : file;

/** Where the database of a file of a snapshot belongs. @throws PluginError `invalid` when the name leads elsewhere */
export function placeOf(option: string, name: string): string {
  const { base, rest } = baseOf(option);
  const file = databaseOf(name);
  const names = file.startsWith(FOLDER) ? file.slice(FOLDER.length).split("/").map(unescaped) : [];
  const isPlain =
    names.length > 0 && names.every((name) => !["", ".", ".."].includes(name) && !/[/\0]/.test(name));
  if (!isPlain) throw new PluginError("invalid", `sqlite: ${name} is not a file that sqlite exports`);
  // One database may be put back under another name: the option says which.
  return isPattern(option) ? join(base, ...names) : join(base, rest);
}

const snapshotName = (name: string): string => FOLDER + name.split("/").map(escaped).join("/");

/** A name that some file system would not take is escaped, so that it can be told again from its escaped form. */
const escaped = (name: string): string =>
  name === safeFileName(name) && !name.startsWith("~")
    ? name
    : `~~${encodeURIComponent(name.toWellFormed()).replaceAll("*", "%2A")}`;

function unescaped(name: string): string {
  try {
    return name.startsWith("~~") ? decodeURIComponent(name.slice(2)) : name;
  } catch {
    return "";
  }
}

const MAGIC = "SQLite format 3\0";

/** Whether the file begins as a database does. An empty one is none: SQLite has not written anything yet. */
function isDatabase(path: string): boolean {
  const bytes = Buffer.alloc(MAGIC.length);
  const file = openSync(path, "r");
  try {
    readSync(file, bytes, 0, bytes.length, 0);
    return bytes.toString("latin1") === MAGIC;
  } finally {
    closeSync(file);
  }
}

function requireThere(path: string): void {
  try {
    if (statSync(path).isFile()) return;
  } catch (error) {
    throw refused(path, error);
  }
  throw new PluginError("invalid", `sqlite: ${path} is not a file`);
}

function refused(path: string, error: unknown): unknown {
  const refusal = systemRefusal(error, { purpose: "read" });
  if (refusal === undefined) return error;
  const kind = /no such/.test(refusal.what) ? "not-found" : "refused";
  return new PluginError(kind, `sqlite: ${path} cannot be read: ${refusal.what}`, {
    hint: "Is the option `path` the database file, or a pattern of files?",
    cause: error,
  });
}
