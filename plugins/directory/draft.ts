/**
 * An object is written under a name that no object can have, flushed to the disk, and then gets its own: so it is there as a
 * whole, or not at all.
 */
import { type FileHandle, link, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type Ask,
  askedOnce,
  type Logger,
  messageOf,
  type NewObject,
  PluginError,
  systemCode,
} from "contextcore";
import { createFolders, type Folders, syncNames } from "./durable.ts";
import { ifThere } from "./errors.ts";
import { lookAt, requireFileName, UNFINISHED } from "./look.ts";

const sha256 = (text: string): string => new Bun.CryptoHasher("sha256").update(text).digest("hex");

/** The names of an object's unfinished files begin with this. */
const beginning = (name: string): string => `${sha256(name).slice(0, 32)}-`;

/** What interrupted writes of an object have left. */
export async function unfinishedOf(root: string, name: string): Promise<string[]> {
  const all = await unfinished(root);
  return all.filter((one) => one.startsWith(beginning(name))).map((one) => join(root, UNFINISHED, one));
}

async function unfinished(root: string): Promise<readonly string[]> {
  const { state } = await lookAt(root, `${UNFINISHED}/x`);
  return state === "other" ? [] : ((await ifThere(readdir(join(root, UNFINISHED)))) ?? []);
}

/** Removes, once, what interrupted writes have left long ago. @param root the directory */
export const createTidy = (root: string, log: Logger): Ask<void> => askedOnce(() => tidy(root, log));

/** @returns the store's `write` */
export function createWriter(root: string, tidied: Ask<void>) {
  const folders = createFolders(root);
  return async (object: NewObject, signal: AbortSignal): Promise<"written" | "there already"> => {
    const place = await lookAt(root, requireFileName(object.name));
    if (place.state === "other") throw place.error;
    if (object.ifAbsent && place.state === "file") return "there already";
    const name = `${UNFINISHED}/${beginning(object.name)}${crypto.randomUUID()}`;
    const draft = join(root, name);
    const way = await lookAt(root, name);
    if (way.state === "other") throw way.error;
    await folders.make(name);
    await tidied(signal);
    try {
      await fill(draft, object, signal);
      return (await settle(draft, { root, object, folders })) ? "written" : "there already";
    } finally {
      await rm(draft, { force: true });
    }
  };
}

async function fill(draft: string, object: NewObject, signal: AbortSignal): Promise<void> {
  const handle = await open(draft, "wx");
  try {
    await pour(handle, object, signal);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function pour(handle: FileHandle, { name, size, sha256, bytes }: NewObject, signal: AbortSignal) {
  const hasher = new Bun.CryptoHasher("sha256");
  let written = 0;
  for await (const piece of bytes) {
    signal.throwIfAborted();
    written += piece.length;
    if (written > size) break;
    hasher.update(piece);
    await handle.appendFile(piece);
  }
  signal.throwIfAborted();
  if (written !== size)
    throw new PluginError(
      "invalid",
      `of ${name} came ${written > size ? "more" : "less"} than ${size} bytes`,
    );
  if (hasher.digest("hex") !== sha256) throw new PluginError("invalid", `${name}: checksum mismatch`);
}

interface Settling {
  readonly root: string;
  readonly object: NewObject;
  readonly folders: Folders;
}

/** How often a directory is made again that somebody removes meanwhile, because it is empty. */
const ATTEMPTS = 5;

/** Gives the draft its name. @returns false when it is to be new and is taken */
async function settle(draft: string, { root, object, folders }: Settling, attempt = 1): Promise<boolean> {
  const { name, ifAbsent = false } = object;
  const file = join(root, name);
  try {
    await folders.make(name);
    if (!ifAbsent) await rename(draft, file);
    else if (!(await linked(draft, file))) return false;
    await syncNames(dirname(file));
    return true;
  } catch (error) {
    if (systemCode(error) !== "ENOENT" || attempt === ATTEMPTS) throw error;
    folders.forget();
    return settle(draft, { root, object, folders }, attempt + 1);
  }
}

/** A link fails if its name is taken, whoever else is making one. */
async function linked(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file);
    return true;
  } catch (cause) {
    const code = systemCode(cause) ?? "";
    if (code === "EEXIST") return false;
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(code)) throw cause;
    throw new PluginError("refused", `${dirname(file)} is on a file system without hard links`, {
      hint: "Without them two writers of one object could both believe to be the only one. Use another directory.",
      cause,
    });
  }
}

/** Nobody is still writing to an unfinished file that has not changed for a day. ms */
const ABANDONED_MS = 24 * 3_600_000;

/** Removes what interrupted writes left. A leftover that cannot be removed does no harm. */
async function tidy(root: string, log: Logger): Promise<void> {
  for (const name of await unfinished(root)) {
    const path = join(root, UNFINISHED, name);
    try {
      const { mtimeMs } = await stat(path);
      if (Date.now() - mtimeMs > ABANDONED_MS) await rm(path, { force: true });
    } catch (error) {
      if (systemCode(error) !== "ENOENT")
        log.warn(`cannot remove what was left unfinished: ${messageOf(error)}`);
    }
  }
}
