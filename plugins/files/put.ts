/** Puts directories and links back, and gives things the owner, the mode and the time that they had. */
import {
  fchmodSync,
  fchownSync,
  fstatSync,
  lchownSync,
  lstatSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { systemCode } from "contextcore";
import type { Directory } from "./below.ts";
import { InTheWay } from "./descend.ts";
import type { TreeLine } from "./line.ts";
import { bytesOf } from "./names.ts";
import { attributesOf, setAttribute, setTime } from "./system.ts";

/** What became of a line. */
export type Put = "written" | "existing";

/** Whether this user may give files to others. */
export const isRoot = process.getuid?.() === 0;

/** The name of a draft: always the same, so that what a killed restore left is taken away by the next one. */
export function draftName(name: Buffer): Buffer {
  const hash = new Bun.CryptoHasher("sha256").update(name).digest("hex");
  return Buffer.from(`.contextcore-${hash.slice(0, 24)}.partial`);
}

/** A directory's own mode, owner and time: last, since what is put into it changes them. @returns what of it was not possible */
export function finishDirectory(
  line: TreeLine,
  directory: Directory,
): { readonly put: Put; readonly refused: readonly string[] } {
  const isEqual = isLike(line, fstatSync(directory.fd, { bigint: true }), directory.fd);
  const refused = isEqual ? [] : dress(line, directory.fd, directory.at(HERE));
  return { put: isEqual ? "existing" : "written", refused };
}

const HERE = Buffer.from(".");

/** Whether mode, owner, time and attributes are already as the line says. */
export function isLike(
  line: TreeLine,
  stat: { readonly mode: bigint; readonly uid: bigint; readonly gid: bigint; readonly mtimeNs: bigint },
  file: number,
): boolean {
  const isOwn = !isRoot || (stat.uid === BigInt(line.uid) && stat.gid === BigInt(line.gid));
  if (!isOwn || stat.mtimeNs !== BigInt(line.mtime)) return false;
  if ((stat.mode & 0o7777n) !== BigInt(modeFor(line))) return false;
  return JSON.stringify(attributesOf(file) ?? {}) === JSON.stringify(line.xattrs ?? {});
}

/** A program that runs as its owner must not run as another one who restores it. */
function modeFor({ mode, uid, gid }: TreeLine): number {
  const whole = Number.parseInt(mode, 8);
  const isOwn = isRoot || (uid === process.getuid?.() && gid === process.getgid?.());
  return isOwn ? whole : whole & 0o1777;
}

/** Gives an open file or directory what the line says. @returns the names of attributes that the system did not take */
export function dress(line: TreeLine, file: number, path: Buffer): string[] {
  // A change of owner takes a mode's special bits away, and may take attributes away.
  if (isRoot) fchownSync(file, line.uid, line.gid);
  const refused = Object.entries(line.xattrs ?? {}).filter(
    ([name, value]) => !setAttribute(file, name, value),
  );
  fchmodSync(file, modeFor(line));
  setTime(path, BigInt(line.mtime));
  return refused.map(([name]) => name);
}

/** A symbolic link, which is made and never followed. @throws InTheWay when a directory has its name */
export function putLink(line: TreeLine & { readonly type: "link" }, directory: Directory, name: Buffer): Put {
  const path = directory.at(name);
  const target = bytesOf(line.target);
  const before = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (before?.isSymbolicLink() && readlinkSync(path, { encoding: "buffer" }).equals(target)) {
    if (before.mtimeNs === BigInt(line.mtime)) return "existing";
    setTime(path, BigInt(line.mtime));
    return "written";
  }
  const draft = directory.at(draftName(name));
  rmSync(draft, { force: true });
  symlinkSync(target, draft);
  if (isRoot) lchownSync(draft, line.uid, line.gid);
  setTime(draft, BigInt(line.mtime));
  takePlace(draft, path);
  return "written";
}

/** Gives a draft its name, or removes it. @throws InTheWay when a directory has that name */
export function takePlace(draft: Buffer, path: Buffer): void {
  try {
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    const code = systemCode(error);
    if (code !== "EISDIR" && code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
    throw new InTheWay("a directory has its name there");
  }
}
