/**
 * A plugin runs from copies of the very bytes that were hashed, in a place where nobody else writes. If the runtime read the
 * original files, somebody could replace one after it was hashed and before it is loaded. Every copy has its original path
 * below a new root, so that imports still find one another. Other files beside the plugin's code (data that it reads) are
 * links to the originals: an import over such a link leads to a file outside the copies, which the module fence refuses.
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

/**
 * A folder above the plugin's with more entries than this is a home or a temporary directory: they do not concern the plugin,
 * and no links to them are made.
 */
const NEIGHBOURS_MAX = 500;

const isAbove = (folder: string, top: string): boolean =>
  basename(folder) !== "node_modules" && top.startsWith(folder) && top !== folder;

function hashed(spec: string, path: string, hash: string): Uint8Array {
  const content = contentOf(path);
  if (sha256(content) === hash) return content;
  throw new DeclarationError(`the plugin ${spec} was changed while it was being loaded (${path})`);
}

/** The folders to create below the new root: those above the files, and those in which packages are looked for. */
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
    return path; // the link is broken, and its copy may be, too
  }
}

/** The names in a folder; none if this user may pass through it but not list it. */
function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (systemCode(error) === "EACCES") return [];
    throw error;
  }
}
