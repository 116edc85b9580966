/** The database files that an instance names, and the names that they have in a snapshot. */
import { closeSync, type Dirent, lstatSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { PluginError, safeFileName, systemCode, systemRefusal } from "contextcore";

/** A database, and its path in a snapshot: `sqlite/ledger.db`. */
interface DatabaseFile {
  readonly path: string;
  readonly file: string;
}

const FOLDER = "sqlite/";
const GLOB = /[*?[\]{}]/;

/** Whether the option names many files. */
export const isPattern = (path: string): boolean => GLOB.test(basename(path)) || GLOB.test(baseOf(path).rest);

/** The part of a pattern that is a directory, and what comes below it. */
function baseOf(path: string): { readonly base: string; readonly rest: string } {
  const parts = path.split("/");
  const first = parts.findIndex((part) => GLOB.test(part));
  const cut = first < 0 ? parts.length - 1 : first;
  return { base: parts.slice(0, cut).join("/") || "/", rest: parts.slice(cut).join("/") };
}

/** Told of what a pattern may mean and cannot be looked at. */
type Missed = (path: string, why: string) => void;

/**
 * Every database that the option means: the named file, or those files of a pattern that begin as a database does. Links are not
 * followed. @throws PluginError `not-found` when the named file is not there, `refused` when the directory of a pattern cannot be read
 */
export function databaseFiles(path: string, missed: Missed = () => {}): DatabaseFile[] {
  const { base, rest } = baseOf(path);
  if (!isPattern(path)) {
    requireThere(path);
    return [{ path, file: snapshotName(rest) }];
  }
  const found = [...filesBelow(base, rest, missed)].filter((name) => isDatabase(join(base, name), missed));
  return found.sort().map((name) => ({ path: join(base, name), file: snapshotName(name) }));
}

/** The files that a pattern means, by their paths below the directory that it begins with. */
function* filesBelow(base: string, pattern: string, missed: Missed): Generator<string> {
  const glob = new Bun.Glob(pattern);
  // A pattern for any depth says nothing of single directories.
  const levels = /\*\*|\{[^}]*\//.test(pattern)
    ? undefined
    : pattern.split("/").map((one) => new Bun.Glob(one));
  const isOnTheWay = (name: string, depth: number): boolean =>
    levels === undefined || (depth < levels.length - 1 && levels[depth]?.match(name) === true);
  function* inside(folder: string, depth: number): Generator<string> {
    for (const entry of entriesOf(join(base, folder), folder === "" ? undefined : missed)) {
      const path = join(folder, entry.name);
      if (entry.isFile() && glob.match(path)) yield path;
      if (entry.isDirectory() && isOnTheWay(entry.name, depth)) yield* inside(path, depth + 1);
    }
  }
  yield* inside("", 0);
}

/** @param missed absent: without this directory there is nothing @throws PluginError `refused` */
function entriesOf(path: string, missed?: Missed): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    const why = systemRefusal(error, { purpose: "read" })?.what;
    if (missed === undefined || why === undefined) throw refused(path, error);
    if (systemCode(error) !== "ENOENT") missed(path, why);
    return [];
  }
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
  return isPattern(option) ? belowOf(base, names) : join(base, rest);
}

/** A path below a directory, on which nothing that is there is a link. @throws PluginError `invalid` when one is */
function belowOf(base: string, names: readonly string[]): string {
  return names.reduce((above, name) => {
    const path = join(above, name);
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink())
      throw new PluginError("invalid", `${path} is a link, and nothing is written through it`);
    return path;
  }, base);
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

/**
 * Whether the file begins as a database does. An empty one is none: SQLite has not written anything yet. One that this user may not
 * read counts as one, and is named when it is to be read.
 */
function isDatabase(path: string, missed: Missed): boolean {
  const bytes = Buffer.alloc(MAGIC.length);
  try {
    const file = openSync(path, "r");
    try {
      readSync(file, bytes, 0, bytes.length, 0);
    } finally {
      closeSync(file);
    }
    return bytes.toString("latin1") === MAGIC;
  } catch (error) {
    if (systemCode(error) !== "ENOENT") return true;
    if (path.includes("\ufffd")) missed(path, "its name is not UTF-8");
    return false;
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
