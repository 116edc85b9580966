import { lstatSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { closest } from "../config/closest.ts";
import { newestComplete, readKept } from "../snapshot/kept/kept.ts";
import { namedDirectory } from "../storage/own-file.ts";
import { UsageError } from "../tasks/errors.ts";

/** What a command says of the argument that names a snapshot. */
export const SNAPSHOT = {
  type: "positional",
  hint: "SNAPSHOT",
  complete: "snapshots",
  about: "its name or directory, or `latest` for the newest complete one",
} as const;

/**
 * The directory of the snapshot that is meant.
 * @param place the working directory, and where snapshots are kept; both absolute
 * @throws UsageError when there is no such snapshot
 */
export async function findSnapshot(
  text: string,
  place: { readonly directory: string; readonly backups: string },
): Promise<string> {
  if (text === "latest") return latest(place.backups);
  for (const directory of [resolve(place.directory, text), resolve(place.backups, text)]) {
    if (await isDirectory(directory)) return isLink(directory) ? namedDirectory(directory) : directory;
  }
  const { snapshots } = await readKept(place.backups);
  const names = snapshots.map(({ path }) => basename(path));
  const meant = closest(text, names);
  throw new UsageError(
    `there is no snapshot ${text}, neither in ${place.directory} nor among those of this configuration, in ${place.backups}`,
    meant === undefined
      ? "contextcore snapshots list shows those that are kept; one that is elsewhere is named by its path"
      : `did you mean ${meant}? One that is elsewhere is named by its path.`,
  );
}

async function latest(backups: string): Promise<string> {
  const { snapshots } = await readKept(backups);
  const newest = newestComplete(snapshots);
  if (newest === undefined) throw new UsageError(`no complete snapshot is kept in ${backups}`);
  return newest.path;
}

/** What the user names may be reached over a link; in it none is followed. */
const isLink = (path: string): boolean => lstatSync(path).isSymbolicLink();

const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
