/**
 * A plugin's code as it runs: copies of the very bytes that were hashed, where nobody else writes. Between a look at a file and the
 * runtime's own there is time to put another in its place; between the copy and the runtime there is nobody.
 *
 * Every copy lies at its own path below a new root, so that imports find one another as they did. What is no code of the plugin (a
 * file that it reads beside itself) is a link to where it is: an import that leads over it ends at a file that nobody has
 * admitted.
 */
import { lstatSync, mkdirSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { systemCode } from "../../units/system-refusal.ts";
import { DeclarationError } from "../plugin/declaration.ts";
import type { Location } from "../plugin/locate.ts";
import { contentOf, type PluginFiles, sha256 } from "../trust/files.ts";

/** Puts the copies below `place`, which must be ours alone. @throws DeclarationError when a file is no longer what was hashed */
export function copyPrivately(place: string, { spec, root }: Location, { paths }: PluginFiles): void {
  const folders = foldersOf([...paths.keys()]);
  for (const folder of folders) mkdirSync(join(place, folder), { recursive: true, mode: 0o700 });
  for (const [path, hash] of paths)
    writeFileSync(join(place, path), hashed(spec, path, hash), { flag: "wx", mode: 0o400 });
  const ours = (path: string): boolean => paths.has(path) || folders.has(path);
  const top = realpathSync(root);
  for (const folder of folders) {
    const names = entriesOf(folder);
    if (names.length > NEIGHBOURS_MAX && isAbove(folder, top)) continue;
    for (const path of names.map((name) => join(folder, name)))
      if (!ours(path)) symlinkSync(leadsTo(path, place, ours), join(place, path));
  }
}

/** Of a folder above the plugin's, such as a home or a temporary directory, more than these are nothing to the plugin. */
const NEIGHBOURS_MAX = 500;

const isAbove = (folder: string, top: string): boolean =>
  basename(folder) !== "node_modules" && top.startsWith(folder) && top !== folder;

function hashed(spec: string, path: string, hash: string): Uint8Array {
  const content = contentOf(path);
  if (sha256(content) === hash) return content;
  throw new DeclarationError(`the plugin ${spec} was changed while it was being loaded (${path})`);
}

/** Every folder that is to be one there: those above the files, and where their packages are looked for. */
function foldersOf(paths: readonly string[]): ReadonlySet<string> {
  const folders = new Set<string>();
  const add = (folder: string): void => {
    for (let one = folder; !folders.has(one); one = dirname(one)) folders.add(one);
  };
  for (const path of paths) add(dirname(path));
  for (const folder of [...folders]) {
    const packages = join(folder, "node_modules");
    if (basename(folder) === "node_modules" || !isFolder(packages)) continue;
    add(packages);
    for (const scope of entriesOf(packages).filter((name) => name.startsWith("@")))
      if (isFolder(join(packages, scope))) add(join(packages, scope));
  }
  return folders;
}

const isFolder = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** A link to a package whose code was copied leads to the copy; everything else to where it is. */
function leadsTo(path: string, place: string, ours: (path: string) => boolean): string {
  if (!lstatSync(path).isSymbolicLink()) return path;
  try {
    const real = realpathSync(path);
    return ours(real) ? join(place, real) : path;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return path; // it leads nowhere, there as here
  }
}

/** A folder that may be walked through and not listed has no names to give. */
function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (systemCode(error) === "EACCES") return [];
    throw error;
  }
}
