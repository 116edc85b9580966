/** Marks of what lies on the disk: as long as one is the same, what was read of it is still true. */
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { COPIES_FOLDER } from "../copies/record/known-copies.ts";
import { MANIFEST_FILE } from "../snapshot/read/manifest-file.ts";
import { entriesBelow, entriesIn, fileMark, isThere } from "../storage/entries.ts";
import { trailPlaces } from "../tasks/stack/trail-places.ts";

/** How long what lies in the folders counts as unchanged where the folders themselves are, ms. */
const LOOK_EVERY_MS = 10_000;

/**
 * Of the snapshots that are kept here, and of what is known of copies elsewhere. Whatever comes, goes or is renamed changes its folder;
 * each file is looked at from time to time, for what is changed in its place.
 */
export function createSnapshotsMark(configNow: () => Promise<Config>): () => Promise<string> {
  let known = { folders: "", mark: "", until: 0 };
  return async () => {
    const config = await configNow();
    const folders = foldersMark(config);
    if (known.folders !== folders || known.until < performance.now())
      known = { folders, mark: await filesMark(config), until: performance.now() + LOOK_EVERY_MS };
    return known.mark;
  };
}

function foldersMark({ backups, directory, file = backups }: Config): string {
  const copies = join(directory, COPIES_FOLDER);
  const places = isThere(copies) ? entriesIn(copies).map(({ name }) => join(copies, name)) : [];
  return [file, backups, copies, ...places].map(fileMark).join();
}

async function filesMark({ backups, directory, file }: Config): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  const add = (path: string): void => void hash.update(`${path}\0${fileMark(path)}\n`);
  if (file !== undefined) add(file);
  if (isThere(backups)) for (const { name } of entriesIn(backups)) add(join(backups, name, MANIFEST_FILE));
  const copies = join(directory, COPIES_FOLDER);
  if (isThere(copies)) for await (const name of entriesBelow(copies)) add(join(copies, name));
  return hash.digest("hex");
}

/** Of the trail. */
export const trailMark = (config: Config): string => fileMark(trailPlaces(config).file);

/** Of the configuration's file. */
export const configMark = ({ file }: Config): string => (file === undefined ? "none" : fileMark(file));

/** The same for half a minute, of what lies elsewhere. */
export const briefMark = (): string => String(Math.floor(Date.now() / 30_000));
