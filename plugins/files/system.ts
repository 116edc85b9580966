/** What the runtime has no function for: holes, extended attributes, times to the nanosecond, one sync for many files. */
import { dlopen, ptr } from "bun:ffi";
import { lutimesSync, openSync } from "node:fs";
import type { Directory } from "./below.ts";

/** Of the C library of this Linux; `undefined` elsewhere. */
const libc =
  process.platform === "linux" ? open(["libc.so.6", `libc.musl-${architecture()}.so.1`]) : undefined;

function architecture(): string {
  return process.arch === "arm64" ? "aarch64" : "x86_64";
}

function open(names: readonly string[]) {
  for (const name of names) {
    try {
      return dlopen(name, {
        openat: { args: ["i32", "ptr", "i32"], returns: "i32" },
        lseek: { args: ["i32", "i64", "i32"], returns: "i64" },
        flistxattr: { args: ["i32", "ptr", "u64"], returns: "i64" },
        fgetxattr: { args: ["i32", "ptr", "ptr", "u64"], returns: "i64" },
        fsetxattr: { args: ["i32", "ptr", "ptr", "u64", "i32"], returns: "i32" },
        utimensat: { args: ["i32", "ptr", "ptr", "i32"], returns: "i32" },
        syncfs: { args: ["i32"], returns: "i32" },
      }).symbols;
    } catch {
      // The other one is there.
    }
  }
  return undefined;
}

/** The longest name, and its end. */
const nameBytes = Buffer.alloc(4_096);
const namePointer = ptr(nameBytes);
const O_CLOEXEC = 0o2000000;

/** Opens something in a directory, twice as fast as by a path if the system lets us. @throws the system's error */
export function openQuickly(directory: Directory, name: Uint8Array, flags: number): number {
  if (libc !== undefined && name.length < nameBytes.length) {
    nameBytes.set(name);
    nameBytes[name.length] = 0;
    const file = libc.openat(directory.fd, namePointer, flags | O_CLOEXEC);
    if (file >= 0) return file;
  }
  // It also says why it is not possible.
  return openSync(directory.at(name), flags);
}

const SEEK_DATA = 3;
const SEEK_HOLE = 4;

/** Where a file has data: offset and length; the rest of it are holes. */
export function dataIn(file: number, size: number): readonly (readonly [number, number])[] {
  if (libc === undefined) return [[0, size]];
  const found: [number, number][] = [];
  for (let at = 0; at < size; ) {
    const from = Number(libc.lseek(file, BigInt(at), SEEK_DATA));
    if (from < 0 || from >= size) break;
    const to = Math.min(size, Number(libc.lseek(file, BigInt(from), SEEK_HOLE)));
    // The file became shorter meanwhile.
    if (to <= from) break;
    found.push([from, to - from]);
    at = to;
  }
  return found;
}

const NAMES_BYTES = 64 << 10;
const NAMES_LENGTH = BigInt(NAMES_BYTES);
const names = Buffer.alloc(NAMES_BYTES);
const namesPointer = ptr(names);
const value = Buffer.alloc(NAMES_BYTES);

/** A file's extended attributes, ACLs and capabilities among them, in base64 by name; `undefined`: it has none. */
export function attributesOf(file: number): Readonly<Record<string, string>> | undefined {
  const length = Number(libc?.flistxattr(file, namesPointer, NAMES_LENGTH) ?? 0);
  if (length <= 0) return undefined;
  const found: [string, string][] = [];
  for (const name of names.toString("utf8", 0, length).split("\0")) {
    if (name === "") continue;
    const bytes = Number(libc?.fgetxattr(file, ptr(text(name)), ptr(value), BigInt(NAMES_BYTES)) ?? -1);
    if (bytes >= 0) found.push([name, value.toString("base64", 0, bytes)]);
  }
  return found.length === 0 ? undefined : Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Gives a file an extended attribute. @returns whether the system took it */
export function setAttribute(file: number, name: string, base64: string): boolean {
  const bytes = Buffer.from(base64, "base64");
  const at = bytes.length === 0 ? value : bytes;
  return libc?.fsetxattr(file, ptr(text(name)), ptr(at), BigInt(bytes.length), 0) === 0;
}

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const NS = 1_000_000_000n;

/** Sets when a file, a directory or a link itself was last changed. ns */
export function setTime(path: Buffer, mtime: bigint): void {
  const seconds = mtime / NS - (mtime % NS < 0n ? 1n : 0n);
  const times = new BigInt64Array([seconds, mtime - seconds * NS, seconds, mtime - seconds * NS]);
  const told = libc?.utimensat(AT_FDCWD, ptr(Buffer.concat([path, ZERO])), ptr(times), AT_SYMLINK_NOFOLLOW);
  if (told !== 0) lutimesSync(path, Number(mtime) / 1e9, Number(mtime) / 1e9);
}

/** Makes everything on the file system of this directory durable. @returns whether the system did */
export const syncAround = (directory: number): boolean => libc?.syncfs(directory) === 0;

/** Whether many files can be made durable at once. Where not, each is by itself. */
export const syncsTogether = libc !== undefined;

const ZERO = Buffer.alloc(1);
const text = (name: string): Buffer => Buffer.from(`${name}\0`);
