import { join } from "node:path";
import type { DashboardStore } from "../contract/contract.ts";
import { isKind } from "../contract/errors.ts";
import { entriesIn, isThere, targetKind } from "../storage/entries.ts";
import { isLitter } from "../units/litter.ts";
import { messageOf } from "../units/message-of.ts";
import { FOLDER_FILE, parseFolderFile } from "./folder-file.ts";
import { readJsonText } from "./json-file.ts";
import {
  DashboardFilesError,
  type DashboardSource,
  type FileProblem,
  type SourceDashboard,
  type SourceFolder,
} from "./source.ts";

/**
 * Reads a directory of dashboard files. Each `.json` file is a dashboard, and each directory is a folder that is named like
 * the directory or by its `_folder.json`. Hidden files, other files and what other programs left there are ignored.
 * @throws DashboardFilesError naming every file that is not a dashboard
 * @throws RangeError when there is no such directory
 */
export async function readDirectory(
  directory: string,
  store: Pick<DashboardStore, "parse">,
): Promise<DashboardSource> {
  if (targetKind(directory) !== "directory") throw new RangeError(`${directory} is not a directory`);
  const found: Found = { folders: [], dashboards: [], problems: [], refused: [] };
  await readFolder({ directory, store, found }, "");
  const problems = [...found.problems, ...repeatedUids(found)];
  if (problems.length > 0) throw new DashboardFilesError([...problems, ...found.refused]);
  return withoutEmptyFolders(found);
}

interface Found {
  readonly folders: SourceFolder[];
  readonly dashboards: SourceDashboard[];
  readonly problems: FileProblem[];
  /** If there are problems, these are reported with them, so that the list of what to fix is complete. */
  readonly refused: FileProblem[];
}

interface Reading {
  readonly directory: string;
  readonly store: Pick<DashboardStore, "parse">;
  readonly found: Found;
}

async function readFolder(reading: Reading, path: string): Promise<void> {
  const entries = entriesIn(join(reading.directory, path));
  const visible = entries.filter(({ name }) => !name.startsWith(".") && !isLitter(name));
  for (const { name } of visible.filter(({ name, kind }) => kind === "file" && isDashboardFile(name)))
    await readDashboard(reading, path, name);
  for (const { name } of visible.filter(({ kind }) => kind === "directory")) {
    const child = path === "" ? name : `${path}/${name}`;
    await addFolder(reading, { path: child, parent: path, title: name });
    await readFolder(reading, child);
  }
}

const isDashboardFile = (name: string): boolean => name.endsWith(".json") && name !== FOLDER_FILE;

async function readDashboard(
  { directory, store, found }: Reading,
  folder: string,
  name: string,
): Promise<void> {
  const file = folder === "" ? name : `${folder}/${name}`;
  await reporting(found, file, async () => {
    const text = readJsonText(join(directory, file));
    found.dashboards.push({ file, folder, draft: await store.parse(text) });
  });
}

async function addFolder({ directory, found }: Reading, folder: SourceFolder): Promise<void> {
  const file = `${folder.path}/${FOLDER_FILE}`;
  found.folders.push(folder);
  await reporting(found, file, async () => {
    const path = join(directory, file);
    if (!isThere(path)) return;
    const text = readJsonText(path);
    found.folders.splice(-1, 1, { ...folder, ...parseFolderFile(JSON.parse(text)) });
  });
}

async function reporting(found: Found, file: string, read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (error) {
    const told = isKind(error, "refused") ? found.refused : found.problems;
    told.push({ file, reason: messageOf(error) });
  }
}

/** Two files cannot be the same dashboard, nor two directories the same folder, because the last one would win. */
const repeatedUids = ({ dashboards, folders }: Found): FileProblem[] => [
  ...repeated(dashboards.map(({ file, draft: { uid } }) => ({ file, uid }))),
  ...repeated(folders.map(({ path, uid }) => ({ file: `${path}/${FOLDER_FILE}`, uid }))),
];

function repeated(
  named: readonly { readonly file: string; readonly uid: string | undefined }[],
): FileProblem[] {
  return [...Map.groupBy(named, ({ uid }) => uid)].flatMap(([uid, [first, ...others]]) =>
    uid === undefined || first === undefined
      ? []
      : others.map(({ file }) => ({ file, reason: `${first.file} has the same uid ${uid}` })),
  );
}

/** A directory without dashboards is not a folder, unless it has a `_folder.json`. */
function withoutEmptyFolders({ folders, dashboards, refused }: Found): DashboardSource {
  const used = new Set<string>();
  for (const folder of folders.toReversed()) {
    const isUsed = folder.uid !== undefined || dashboards.some((one) => one.folder === folder.path);
    if (!isUsed && !used.has(folder.path)) continue;
    used.add(folder.path);
    used.add(folder.parent);
  }
  return { folders: folders.filter(({ path }) => used.has(path)), dashboards, refused };
}
