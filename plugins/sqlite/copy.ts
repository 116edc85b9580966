/**
 * A copy of a database as it is at one moment, while others go on writing. SQLite's backup makes it in one step: in several, it
 * would begin anew whenever another connection writes. A plain copy of the file would lack what is still in its log.
 * https://www.sqlite.org/backup.html
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PluginError } from "contextcore";
import { classified, withDatabase } from "./database.ts";

/** A copy that lies in a temporary directory until it is disposed of. */
interface Copy extends Disposable {
  readonly path: string;
}

/** More pages than a database can have, so that it is copied in one step. */
const ALL_PAGES = 2 ** 31 - 1;

/** Takes a copy. @throws PluginError */
export async function takeCopy(path: string): Promise<Copy> {
  const directory = mkdtempSync(join(tmpdir(), "contextcore-sqlite-"));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  const target = join(directory, "copy.db");
  try {
    await backUp(path, target);
    return { path: target, [Symbol.dispose]: remove };
  } catch (error) {
    remove();
    throw classified(error, path);
  }
}

async function backUp(path: string, target: string): Promise<void> {
  const { DatabaseSync, backup } = await import("node:sqlite");
  // An own message: SQLite would create an empty database, or say "unable to open database file".
  if (!statSync(path, { throwIfNoEntry: false })?.isFile())
    throw new PluginError("not-found", `${path} is not there`);
  const source = new DatabaseSync(path, { readOnly: true, timeout: 2_000 });
  try {
    await backup(source, target, { rate: ALL_PAGES });
  } finally {
    source.close();
  }
}

/** How many bytes a copy takes: the pages that the database has, those in its log included. @throws PluginError */
export const pageBytes = (path: string): number =>
  withDatabase(path, "read", (database) => {
    const number = (pragma: string): number =>
      Number(Object.values(database.query(`PRAGMA ${pragma}`).get() ?? {})[0]);
    return number("page_count") * number("page_size");
  });

/** As {@link pageBytes}; of one that cannot be opened what its files have, since that is told when it is to be read. */
export function copyBytes(path: string): number {
  try {
    return pageBytes(path);
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    const bytes = (name: string): number => statSync(name, { throwIfNoEntry: false })?.size ?? 0;
    return bytes(path) + bytes(`${path}-wal`);
  }
}
