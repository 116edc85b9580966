/** What an export says and saves of one file, directory or link. */
import { closeSync, readlinkSync } from "node:fs";
import { openFile, type Paused, type Taken, takeLarge, takeSmall } from "./content.ts";
import type { Earlier } from "./earlier.ts";
import { unreadable } from "./errors.ts";
import { type FileLine, seenLine, type TreeLine } from "./line.ts";
import type { Missing } from "./missing.ts";
import { bytesOf, textOf } from "./names.ts";
import type { Pack } from "./pack.ts";
import { type Stat, statOf, textOfMoment } from "./stat.ts";
import { attributesOf } from "./system.ts";
import { tarHeader } from "./tar.ts";
import type { Found } from "./walk.ts";

/** Where it goes, and what is known of others. */
interface Into {
  readonly pack: Pack;
  readonly missing: Missing;
  readonly earlier: Earlier;
  /** By what a file is found to be unchanged. */
  readonly compare: "times" | "content";
  /** The first line of each file that has several names, by its device and number. */
  readonly first: Map<string, FileLine>;
}

/** An entry of the tree. */
interface Entry {
  readonly type: TreeLine["type"];
  /** Its line of the tree. */
  readonly line: string;
  /** The line that tells an increment whether it has changed; empty when that could not be told. */
  readonly seen: string;
}

/** Saves what is not saved yet. @returns `undefined` when it vanished as a file, or cannot be read, which is told */
export function* takeEntry(found: Found, into: Into): Paused<Entry | undefined> {
  const { kind, path } = found;
  try {
    const known = unchanged(found, into);
    if (known !== undefined) return known;
    if (kind === "file") return yield* takeFile(found, into);
    const stat = found.stat();
    const line = kind === "link" ? linkLine(found, stat, into) : directoryLine(found, stat, into);
    return entryOf(line, stat);
  } catch (error) {
    const why = unreadable(error);
    if (why !== undefined) into.missing.missed({ unreadable: why }, path);
    return undefined;
  }
}

const entryOf = (line: TreeLine, stat: Stat): Entry => ({
  type: line.type,
  line: `${JSON.stringify(line)}\n`,
  seen: seenOf(line.path, stat),
});

/** As it was saved already. */
function unchanged({ path, kind, stat }: Found, { earlier, compare }: Into): Entry | undefined {
  if (!earlier.knows(path) || (compare === "content" && kind === "file")) return undefined;
  const now = stat();
  const line = earlier.lineOf(path, now);
  return line === undefined ? undefined : { type: kind, line, seen: seenOf(path, now) };
}

/** A change right after this one may have the same time, so an increment had better look again. ms */
const TICK_MS = 2_000;

function seenOf(path: string, stat: Stat): string {
  const { seconds, ns } = stat.ctime;
  return seconds * 1e3 + ns / 1e6 > Date.now() - TICK_MS ? "" : seenLine(path, stat);
}

function directoryLine({ path, directory }: Found, stat: Stat, { pack }: Into): TreeLine {
  const xattrs = directory && attributesOf(directory.fd);
  pack.add(tarHeader({ owned: stat, path: bytesOf(`${path}/`), type: "5", bytes: 0, xattrs }));
  return { type: "directory", path, ...ownerOf(stat), xattrs };
}

function linkLine({ parent, name, path }: Found, stat: Stat, { pack }: Into): TreeLine {
  const link = readlinkSync(parent.at(name), { encoding: "buffer" });
  pack.add(tarHeader({ owned: stat, path: bytesOf(path), type: "2", bytes: 0, link }));
  return { type: "link", path, ...ownerOf(stat), target: textOf(link) };
}

function* takeFile(found: Found, into: Into): Paused<Entry | undefined> {
  const file = openFile(found);
  try {
    const before = statOf(file);
    if (before.kind !== "file") return void into.missing.missed("special", found.path);
    const other = otherName(found.path, before, into);
    if (other !== undefined) return entryOf(other, before);
    const to = { pack: into.pack, path: bytesOf(found.path), held: heldBy(found.path, into) };
    const taken = takeSmall(file, before, to) ?? (yield* takeLarge(file, statOf(file), to));
    return entryOf(fileLine(found.path, taken, into), taken.stat);
  } finally {
    closeSync(file);
  }
}

/** The line of a file that is saved under another name of it. */
function otherName(path: string, stat: Stat, { first, pack }: Into): FileLine | undefined {
  const one = stat.names > 1 ? first.get(keyOf(stat)) : undefined;
  if (one === undefined) return undefined;
  const link = bytesOf(one.path);
  pack.add(tarHeader({ owned: stat, path: bytesOf(path), type: "1", bytes: 0, link }));
  return { ...one, path, same: one.path };
}

function fileLine(path: string, { stat, isMixed, content, data, xattrs }: Taken, into: Into): FileLine {
  if (isMixed) into.missing.missed("mixed", path);
  const line: FileLine = { type: "file", path, ...ownerOf(stat), size: stat.size, content, data, xattrs };
  if (stat.names > 1) into.first.set(keyOf(stat), line);
  return line;
}

/** Tells files with several names apart. */
const keyOf = ({ device, ino }: Stat): string => `${device} ${ino}`;

/** Where the same content of the same file is saved already; absent when nobody asks. */
function heldBy(path: string, { compare, earlier }: Into) {
  if (compare === "times") return undefined;
  const content = earlier.contentOf(path);
  return (sha256: string) => (content?.sha256 === sha256 ? content : undefined);
}

const ownerOf = ({ mode, uid, gid, mtime }: Stat) => ({
  mode: mode.toString(8).padStart(4, "0"),
  uid,
  gid,
  mtime: textOfMoment(mtime),
});
