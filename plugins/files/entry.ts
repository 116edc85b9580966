/** What an export says and saves of one file, directory or link. */
import { readlinkSync } from "node:fs";
import { ownedBy, type Piece, takeFile } from "./content.ts";
import type { Earlier } from "./earlier.ts";
import type { FileLine, TreeLine } from "./line.ts";
import type { Missing } from "./missing.ts";
import { bytesOf, textOf } from "./names.ts";
import type { Pack } from "./pack.ts";
import type { Stat } from "./stat.ts";
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

/** Saves what is not saved yet. @returns `undefined` when it vanished as a file */
export function* takeEntry(found: Found, into: Into): Generator<Piece, Entry | undefined> {
  const { stat, path } = found;
  const { kind } = stat;
  if (kind === "special") return undefined;
  const known = into.earlier.lineOf(path, stat);
  const isByContent = into.compare === "content" && stat.kind === "file";
  if (known !== undefined && !isByContent) {
    yield undefined;
    return { type: kind, line: known, seen: seenOf(path, stat) };
  }
  const line = yield* lineOf(found, into);
  if (line === undefined) return undefined;
  return { type: line.type, line: `${JSON.stringify(line)}\n`, seen: seenOf(path, stat) };
}

/** A change right after this one may have the same time, so an increment had better look again. ns */
const TICK = 2_000_000_000n;

function seenOf(path: string, { ino, size, ctime }: Stat): string {
  if (ctime > BigInt(Date.now()) * 1_000_000n - TICK) return "";
  return `${JSON.stringify({ path, seen: `${ino} ${size} ${ctime}` })}\n`;
}

function* lineOf(found: Found, into: Into): Generator<Piece, TreeLine | undefined> {
  const { stat, path, directory } = found;
  if (directory !== undefined) {
    const xattrs = attributesOf(directory.fd);
    const named = { path: bytesOf(`${path}/`), bytes: 0, xattrs };
    yield* into.pack.add(tarHeader({ ...ownedBy(stat), ...named, type: "5" }));
    return { type: "directory", path, ...ownerOf(stat), ...(xattrs && { xattrs }) };
  }
  return stat.kind === "file" ? yield* fileOf(found, into) : yield* linkOf(found, into);
}

function* linkOf({ parent, name, path, stat }: Found, { pack }: Into): Generator<Piece, TreeLine> {
  const link = readlinkSync(parent.at(name), { encoding: "buffer" });
  yield* pack.add(tarHeader({ ...ownedBy(stat), type: "2", path: bytesOf(path), bytes: 0, link }));
  return { type: "link", path, ...ownerOf(stat), target: textOf(link) };
}

function* fileOf(found: Found, into: Into): Generator<Piece, TreeLine | undefined> {
  const { path, stat } = found;
  const key = `${stat.device} ${stat.ino}`;
  const first = stat.names > 1 ? into.first.get(key) : undefined;
  if (first !== undefined) {
    const link = bytesOf(first.path);
    yield* into.pack.add(tarHeader({ ...ownedBy(stat), type: "1", path: bytesOf(path), bytes: 0, link }));
    return { ...first, path, same: first.path };
  }
  const taken = yield* takeFile(found, into.pack, { path: bytesOf(path) }, heldBy(found, into));
  if (taken === "special") {
    into.missing.missed("special", path);
    return undefined;
  }
  const { stat: now, isMixed, ...rest } = taken;
  if (isMixed) into.missing.missed("mixed", path);
  const line: FileLine = { type: "file", path, ...ownerOf(now), size: now.size, ...rest };
  if (stat.names > 1) into.first.set(key, line);
  return line;
}

/** Where the same content of the same file is saved already; absent when nobody asks. */
function heldBy({ path }: Found, { compare, earlier }: Into) {
  if (compare === "times") return undefined;
  const content = earlier.contentOf(path);
  return (sha256: string) => (content?.sha256 === sha256 ? content : undefined);
}

function ownerOf(stat: Stat): Pick<TreeLine, "mode" | "uid" | "gid" | "mtime"> {
  const { mode, uid, gid, mtime } = ownedBy(stat);
  return { mode: mode.toString(8).padStart(4, "0"), uid, gid, mtime: `${mtime}` };
}
