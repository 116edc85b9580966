/** A file that takes the place of another one as a whole, such as a server's dump or database. */
import { createReadStream, existsSync, lstatSync, statSync } from "node:fs";
import { type FileHandle, mkdir, open, readlink, realpath, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { lending } from "../units/lending.ts";
import { systemRefusal } from "../units/system-refusal.ts";
import { draftBeside } from "./draft-name.ts";
import { PluginError } from "./errors.ts";
import { syncDirectory } from "./sync-directory.ts";

/** How a file takes its place. */
export interface Replacing {
  readonly signal: AbortSignal;
  /** Asked when equal bytes are there already: whether they are replaced all the same. Default: no. @param place where they are */
  readonly evenIfSame?: (place: string) => boolean;
  /**
   * Checks the new file right before it gets its name, when it is on the disk. What this throws leaves the old one in its place.
   * @param draft its path @param place the path that it will have: where the link leads, if there is one
   */
  readonly check?: (draft: string, place: string) => void | Promise<void>;
}

/**
 * Writes a file beside its place and renames it over what is there once it is on the disk, so that at no time half a file has the
 * name. It gets the permissions and the owner of the file before it, or the owner of the directory: servers run as users of their own.
 * Where the path is a link, the file that it leads to is replaced, and the link stays.
 * @returns false when the same bytes are there already
 * @throws PluginError `refused` when it cannot be written; what the pieces and the check throw
 */
export async function replaceFile(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  how: Replacing,
): Promise<boolean> {
  try {
    const place = await followed(path);
    await mkdir(dirname(place), { recursive: true });
    return await drafted(place, async (draft) => {
      if (!(await written(draft, place, pieces, how))) return false;
      await rename(draft, place);
      await syncDirectory(dirname(place));
      return true;
    });
  } catch (error) {
    throw refused(path, error);
  }
}

/** As many links as the system follows. */
const LINKS_MAX = 40;

/**
 * Where a path leads, also when nothing is there yet. A link that somebody else made could lead to a file that only we may write.
 * @throws PluginError `refused` for such a one, and for links in a circle
 */
async function followed(path: string): Promise<string> {
  let place = path;
  for (let n = 0; n < LINKS_MAX; n += 1) {
    const link = lstatSync(place, { throwIfNoEntry: false });
    if (link === undefined || !link.isSymbolicLink()) return place;
    if (link.uid !== 0 && link.uid !== process.getuid?.())
      throw new PluginError("refused", `${place} is a link that another user made`, {
        hint: "Name the file that it leads to.",
      });
    place = resolve(await realpath(dirname(place)), await readlink(place));
  }
  throw new PluginError("refused", `${path} cannot be written: its links lead in a circle`);
}

/** Removes what is left of a draft when the work with it ends. */
async function drafted(path: string, work: (draft: string) => Promise<boolean>): Promise<boolean> {
  const draft = draftBeside(path);
  try {
    return await work(draft);
  } finally {
    await rm(draft, { force: true });
  }
}

/** As much as most pieces are. */
const ROOM = 8 << 20;

/** @returns whether it is to take its place */
async function written(
  draft: string,
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  { signal, evenIfSame = () => false, check }: Replacing,
): Promise<boolean> {
  await using file = await open(draft, "wx", 0o600);
  const hash = await hashOf(lending(pieces, new Uint8Array(ROOM)), async (piece) => {
    signal.throwIfAborted();
    await file.writeFile(piece);
  });
  if (existsSync(path) && !evenIfSame(path) && (await hashOf(createReadStream(path))) === hash) return false;
  await likeBefore(file, path);
  await file.sync();
  // Last of all: what it finds may change soon.
  await check?.(draft, path);
  return true;
}

async function hashOf(
  pieces: AsyncIterable<Uint8Array>,
  each?: (piece: Uint8Array) => Promise<void>,
): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  for await (const piece of pieces) {
    hash.update(piece);
    await each?.(piece);
  }
  return hash.digest("hex");
}

/** By the open file, and not by its name, which somebody could exchange meanwhile. */
async function likeBefore(file: FileHandle, path: string): Promise<void> {
  const before = statSync(path, { throwIfNoEntry: false }) ?? statSync(dirname(path));
  if (before.isFile()) await file.chmod(before.mode & 0o777);
  try {
    await file.chown(before.uid, before.gid);
  } catch {
    // Only root may give a file to somebody else.
  }
}

function refused(path: string, error: unknown): unknown {
  const refusal = systemRefusal(error, { purpose: "write" });
  if (refusal === undefined) return error;
  const [hint] = refusal.remedies;
  return new PluginError("refused", `${path} cannot be written: ${refusal.what}`, { hint, cause: error });
}
