/**
 * What lies at the place of a name. No link below the directory is followed, since whoever may write there could make it lead
 * anywhere; and a file system that does not tell `A` from `a` must not give one object for another.
 */
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { isLitter, PluginError, requireObjectName, type StoredObject } from "contextcore";
import { ifThere } from "./errors.ts";

/** The folder, directly below the directory, of files that are not complete yet. No object may lie in it. */
export const UNFINISHED = ".contextcore-unfinished";

const isOurs = (name: string): boolean => `${name}/`.toLowerCase().startsWith(`${UNFINISHED}/`);

/** What Windows takes for something else than a file's name. */
const NO_WINDOWS_NAME = /[<>:"|?*]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
const isFileName = (part: string): boolean =>
  !isLitter(part) && (process.platform !== "win32" || !NO_WINDOWS_NAME.test(part));

/** Whether an object with this name may lie here: other programs' litter and unfinished files are none. */
export const isFreeName = (name: string): boolean => !isOurs(name) && name.split("/").every(isFileName);

/** @throws PluginError `invalid` for a name that no object may have, or none in a directory */
export function requireFileName(name: string): string {
  if (isFreeName(requireObjectName(name))) return name;
  const message = `${JSON.stringify(name)} cannot be the name of an object in a directory`;
  throw new PluginError("invalid", message, {
    hint: "Other programs leave files of that name in directories, or the system does not allow it.",
  });
}

/** `other`: not an object, and in the way of one. */
type Place = { readonly state: "file" | "free" } | { readonly state: "other"; readonly error: PluginError };

/** Asks the file system; a test has one of its own. */
interface FileSystem {
  readonly lstat: (path: string) => Promise<Found | undefined>;
  readonly readdir: (path: string) => Promise<readonly string[]>;
}

interface Found {
  readonly ino: bigint;
  readonly dev: bigint;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

const NODE: FileSystem = {
  lstat: (path) => ifThere(lstat(path, { bigint: true })),
  readdir: (path) => readdir(path),
};

/** Looks from the directory down to the file. @param name one that {@link requireFileName} has let pass */
export async function lookAt(root: string, name: string, system: FileSystem = NODE): Promise<Place> {
  const parts = name.split("/");
  let place = root;
  for (const [depth, part] of parts.entries()) {
    const path = join(place, part);
    const found = await system.lstat(path);
    if (found === undefined) return { state: "free" };
    const isLast = depth === parts.length - 1;
    const objection = await objectionTo(found, { place, part, isLast }, system);
    if (objection !== undefined) return { state: "other", error: objection };
    place = path;
  }
  return { state: "file" };
}

interface Part {
  readonly place: string;
  readonly part: string;
  readonly isLast: boolean;
}

async function objectionTo(found: Found, { place, part, isLast }: Part, system: FileSystem) {
  const path = join(place, part);
  if (found.isSymbolicLink())
    return new PluginError("refused", `${path} is a symbolic link, which is not followed there`, {
      hint: "Check what it is, then move it away.",
    });
  if (isLast ? !found.isFile() : !found.isDirectory())
    return new PluginError("invalid", `${path} is not a ${isLast ? "file" : "directory"}`, {
      hint: "Something else has that name: move it away, or choose another name.",
    });
  if (await isSpelled(found, { place, part }, system)) return undefined;
  return new PluginError("invalid", `${path} is there in another spelling`, {
    hint: "This file system does not tell upper from lower case. Use a directory on one that does.",
  });
}

/** Whether the entry's name is this very one. It is only looked for where another spelling finds the same file. */
async function isSpelled(
  { ino, dev }: Found,
  { place, part }: Omit<Part, "isLast">,
  system: FileSystem,
): Promise<boolean> {
  const spellings = [part.toUpperCase(), part.toLowerCase(), part.normalize("NFC"), part.normalize("NFD")];
  for (const other of new Set(spellings.filter((one) => one !== part))) {
    const same = await system.lstat(join(place, other));
    if (same?.ino === ino && same.dev === dev) return (await system.readdir(place)).includes(part);
  }
  return true;
}

/** What is known of the object; `undefined` when there is no such file. */
export async function statusOf(root: string, name: string): Promise<StoredObject | undefined> {
  const found = await ifThere(lstat(join(root, name), { bigint: true }));
  if (found === undefined || !found.isFile()) return undefined;
  return { name, size: Number(found.size), modified: found.mtimeNs };
}
