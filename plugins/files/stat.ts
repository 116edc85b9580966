/** What the system says of a file, to the nanosecond; four times as fast as by the runtime's function where the system lets us. */
import { dlopen, ptr } from "bun:ffi";
import { type BigIntStats, fstatSync, lstatSync } from "node:fs";
import type { Directory } from "./below.ts";
import type { TreeLine } from "./line.ts";

/** What a file is. */
export interface Stat {
  readonly kind: TreeLine["type"] | "special";
  /** Tells file systems apart. */
  readonly device: string;
  readonly ino: bigint;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** How many names it has. */
  readonly names: number;
  readonly size: number;
  /** On the disk. */
  readonly bytes: number;
  /** ns */
  readonly mtime: bigint;
  /** When it was last changed in any way, which nobody can set. ns */
  readonly ctime: bigint;
}

const statx = process.platform === "linux" ? openStatx() : undefined;

function openStatx() {
  const args = ["i32", "ptr", "i32", "u32", "ptr"] as const;
  const musl = `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`;
  for (const library of ["libc.so.6", musl]) {
    try {
      return dlopen(library, { statx: { args, returns: "i32" } }).symbols.statx;
    } catch {
      // The other one is there, or neither knows it.
    }
  }
  return undefined;
}

/** The longest name, its end, and room for the answer. */
const nameBytes = Buffer.alloc(4_096);
const answer = Buffer.alloc(256);
const view = new DataView(answer.buffer, answer.byteOffset, answer.length);
const [namePointer, answerPointer] = [ptr(nameBytes), ptr(answer)];
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;
const BASIC = 0x7ff;

/** Of something in a directory; of a link itself. @throws the system's error */
export function statIn(directory: Directory, name: Uint8Array): Stat {
  const length = Math.min(name.length, nameBytes.length - 1);
  nameBytes.set(name.subarray(0, length));
  nameBytes[length] = 0;
  if (statx?.(directory.fd, namePointer, AT_SYMLINK_NOFOLLOW, BASIC, answerPointer) === 0) return answered();
  // It also says why it is not possible.
  return fromRuntime(lstatSync(directory.at(name), { bigint: true }));
}

/** Of an open file or directory. @throws the system's error */
export function statOf(file: number): Stat {
  nameBytes[0] = 0;
  if (statx?.(file, namePointer, AT_EMPTY_PATH, BASIC, answerPointer) === 0) return answered();
  return fromRuntime(fstatSync(file, { bigint: true }));
}

const NS = 1_000_000_000n;
const DISK_BLOCK = 512;

/** https://man7.org/linux/man-pages/man2/statx.2.html */
function answered(): Stat {
  const mode = view.getUint16(0x1c, true);
  const time = (at: number): bigint => view.getBigInt64(at, true) * NS + BigInt(view.getUint32(at + 8, true));
  return {
    kind: kindOf(mode),
    device: `${view.getUint32(0x88, true)}:${view.getUint32(0x8c, true)}`,
    ino: view.getBigUint64(0x20, true),
    mode: mode & 0o7777,
    uid: view.getUint32(0x14, true),
    gid: view.getUint32(0x18, true),
    names: view.getUint32(0x10, true),
    size: Number(view.getBigUint64(0x28, true)),
    bytes: Number(view.getBigUint64(0x30, true)) * DISK_BLOCK,
    mtime: time(0x70),
    ctime: time(0x60),
  };
}

const fromRuntime = (stat: BigIntStats): Stat => ({
  kind: kindOf(Number(stat.mode)),
  device: `${stat.dev}`,
  ino: stat.ino,
  mode: Number(stat.mode) & 0o7777,
  uid: Number(stat.uid),
  gid: Number(stat.gid),
  names: Number(stat.nlink),
  size: Number(stat.size),
  bytes: Number(stat.blocks) * DISK_BLOCK,
  mtime: stat.mtimeNs,
  ctime: stat.ctimeNs,
});

const KINDS: ReadonlyMap<number, Stat["kind"]> = new Map([
  [0o100000, "file"],
  [0o040000, "directory"],
  [0o120000, "link"],
]);

const kindOf = (mode: number): Stat["kind"] => KINDS.get(mode & 0o170000) ?? "special";

/** Whether it is the same file, unchanged. */
export const isSame = (one: Stat, other: Stat): boolean =>
  one.ino === other.ino && one.size === other.size && one.mtime === other.mtime && one.ctime === other.ctime;
