/** Puts a file back: written beside its place under a name of its own, made durable with others, and renamed at the end. */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { PluginError, systemCode } from "contextcore";
import type { Directory } from "./below.ts";
import type { FileLine } from "./line.ts";
import { draftName, dress, isLike } from "./put.ts";
import { dataIn, syncsTogether } from "./system.ts";

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_NONBLOCK } = constants;

/** What is there after the first half of a restore. */
interface Drafted {
  /** `draft`: the file is written, and has still to take its place. `existing`: the same one was there. */
  readonly state: "draft" | "existing" | "written";
  /** Attributes that the system did not take. */
  readonly refused: readonly string[];
}

/** Writes a draft of the file, unless the same content is there. @throws what the system says */
export async function draftFile(
  line: FileLine,
  directory: Directory,
  name: Buffer,
  bytes: AsyncIterable<Uint8Array>,
): Promise<Drafted> {
  const present = await lookAt(line, directory.at(name));
  if (present !== undefined) return present;
  const path = directory.at(draftName(name));
  rmSync(path, { force: true });
  const file = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    await fill(file, line, bytes);
    const refused = dress(line, file, path);
    if (!syncsTogether) fsyncSync(file);
    return { state: "draft", refused };
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

/** Makes the draft another name of the file at `first`, if that has the same content. */
export async function linkDraft(line: FileLine, first: Buffer, draft: Buffer): Promise<void> {
  const file = openThere(first);
  if (file === undefined) return;
  try {
    if (!(await holds(file, line))) return;
  } finally {
    closeSync(file);
  }
  rmSync(draft);
  linkSync(first, draft);
}

/** A file with the same content is left, and given what else the line says of it. */
async function lookAt(line: FileLine, path: Buffer): Promise<Drafted | undefined> {
  const file = openThere(path);
  if (file === undefined) return undefined;
  try {
    if (!(await holds(file, line))) return undefined;
    const stat = fstatSync(file, { bigint: true });
    if (isLike(line, stat, file)) return { state: "existing", refused: [] };
    // Its other name may lie outside of the directory: that file keeps its owner and its mode.
    if (stat.nlink > 1n) return undefined;
    return { state: "written", refused: dress(line, file, path) };
  } finally {
    closeSync(file);
  }
}

/** The file of that name; `undefined` when there is none, or something else. */
function openThere(path: Buffer): number | undefined {
  try {
    return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (["ENOENT", "ELOOP", "EACCES", "EISDIR", "ENXIO"].includes(systemCode(error) ?? "")) return undefined;
    throw error;
  }
}

const PIECE_BYTES = 1 << 20;

async function holds(file: number, { size, data, content }: FileLine): Promise<boolean> {
  const stat = fstatSync(file);
  if (!stat.isFile() || stat.size !== size) return false;
  if (data !== undefined && JSON.stringify(dataIn(file, size)) !== JSON.stringify(data)) return false;
  if (content === undefined) return true;
  const hash = new Bun.CryptoHasher("sha256");
  const buffer = Buffer.allocUnsafe(Math.min(size, PIECE_BYTES));
  for (const [at, length] of data ?? [[0, size] as const])
    for (let done = 0; done < length; ) {
      const read = readSync(file, buffer, 0, Math.min(buffer.length, length - done), at + done);
      if (read === 0) return false;
      hash.update(buffer.subarray(0, read));
      done += read;
      if (read === PIECE_BYTES) await new Promise((resolve) => setImmediate(resolve));
    }
  return hash.digest("hex") === content.sha256;
}

/** @throws PluginError `invalid` when the bytes are not those that the line means */
async function fill(file: number, line: FileLine, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const { size, content, data = [[0, size]] } = line;
  if (!isOrdered(data, size)) throw notItsBytes();
  const hash = new Bun.CryptoHasher("sha256");
  const left = data.map(([at, length]) => ({ at, length }));
  for await (let piece of bytes) {
    hash.update(piece);
    while (piece.length > 0) {
      const [part] = left;
      if (part === undefined) throw notItsBytes();
      const written = writeSync(file, piece, 0, Math.min(piece.length, part.length), part.at);
      [part.at, part.length] = [part.at + written, part.length - written];
      if (part.length === 0) left.shift();
      piece = piece.subarray(written);
    }
  }
  if (left.some(({ length }) => length > 0)) throw notItsBytes();
  if (content !== undefined && hash.digest("hex") !== content.sha256) throw notItsBytes();
  ftruncateSync(file, size);
}

/** Whether the parts come one after another, and none ends behind the file. */
const isOrdered = (data: NonNullable<FileLine["data"]>, size: number): boolean =>
  data.every(([at, length], n) => {
    const [before, bytes] = data[n - 1] ?? [0, 0];
    return at >= before + bytes && at + length <= size;
  });

const notItsBytes = (): PluginError =>
  new PluginError("invalid", "the snapshot's bytes for it are not those that its line means");
