/**
 * A store in a directory: each object is a file. Turn it step by step into a store for your storage. `Store` in
 * contextcore/index.d.ts says what it must guarantee.
 */
import { type FileHandle, link, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type ByteRange,
  definePlugin,
  messageOf,
  type NewObject,
  option,
  PluginError,
  requireObjectName,
  type StoredObject,
  syncDirectory,
  systemCode,
  v,
} from "contextcore";

/** Unfinished files lie beside the objects, under names that no object can have. */
const UNFINISHED = ".unfinished..";
const PIECE_BYTES = 1 << 20;

export default definePlugin({
  name: "vendor/name",
  about: "A store in a directory",
  version: "0.1.0",
  options: v.object({
    path: option.path("Directory that the objects are kept in", "./objects"),
  }),
  store: ({ options: { path } }) => {
    const fileOf = (name: string): string => join(path, requireName(name));
    return {
      async *list(prefix, signal) {
        const names = await readdir(path, { recursive: true }).catch(whenAbsent([]));
        for (const name of names.map((one) => one.replaceAll("\\", "/"))) {
          signal.throwIfAborted();
          if (!name.startsWith(prefix) || name.includes(UNFINISHED)) continue;
          const found = await statOf(join(path, name), name);
          if (found !== undefined) yield found;
        }
      },
      stat: (name) => statOf(fileOf(name), name),
      read: (name, range, signal) => readFile(fileOf(name), name, range, signal),
      write: (object, signal) => writeFile(fileOf(object.name), object, signal),
      remove: (name) => rm(fileOf(name), { force: true }).catch(refuse),
    };
  },
});

/** Keeps every name within the directory. */
function requireName(name: string): string {
  if (!requireObjectName(name).includes(UNFINISHED)) return name;
  throw new PluginError("invalid", `${JSON.stringify(name)} cannot be the name of an object here`);
}

async function statOf(file: string, name: string): Promise<StoredObject | undefined> {
  const found = await stat(file, { bigint: true }).catch(whenAbsent(undefined));
  if (found === undefined || !found.isFile()) return undefined;
  return { name, size: Number(found.size), modified: found.mtimeNs };
}

async function* readFile(
  file: string,
  name: string,
  range: ByteRange | undefined,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const handle = await open(file).catch(whenAbsent(undefined));
  if (handle === undefined) throw new PluginError("not-found", `there is no object ${name}`);
  try {
    const { size } = await handle.stat();
    const { from, to } = range ?? { from: 0, to: size };
    if (to > size) throw new PluginError("invalid", `${name} has ${size} bytes, and not ${to}`);
    for (let at = from; at < to; at += PIECE_BYTES) {
      signal.throwIfAborted();
      const buffer = Buffer.alloc(Math.min(PIECE_BYTES, to - at));
      await handle.read(buffer, 0, buffer.length, at);
      yield buffer;
    }
  } finally {
    await handle.close();
  }
}

/** Writes under a temporary name first, so that a file with its final name is complete and on the disk. */
async function writeFile(file: string, object: NewObject, signal: AbortSignal) {
  const unfinished = `${file}${UNFINISHED}${crypto.randomUUID()}`;
  try {
    const made = await mkdir(dirname(file), { recursive: true });
    const handle = await open(unfinished, "wx");
    try {
      await fill(handle, object, signal);
      await handle.sync();
    } finally {
      await handle.close();
    }
    // A link fails if the name exists; a rename replaces it.
    if (!object.ifAbsent) await rename(unfinished, file);
    else if (!(await linkOnce(unfinished, file))) return "there already";
    await syncNames(file, made ?? file);
    return "written";
  } catch (error) {
    return refuse(error);
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** Names survive a power cut, too: that of the file, and those of the directories that were made for it. */
async function syncNames(file: string, first: string): Promise<void> {
  for (let at = file; at.length >= first.length; at = dirname(at)) await syncDirectory(dirname(at));
}

async function fill(handle: FileHandle, { name, size, sha256, bytes }: NewObject, signal: AbortSignal) {
  const hasher = new Bun.CryptoHasher("sha256");
  let written = 0;
  for await (const piece of bytes) {
    signal.throwIfAborted();
    hasher.update(piece);
    written += piece.length;
    await handle.write(piece);
  }
  if (written !== size) throw new PluginError("invalid", `${name}: ${written} bytes came instead of ${size}`);
  if (hasher.digest("hex") !== sha256) throw new PluginError("invalid", `${name}: checksum mismatch`);
}

async function linkOnce(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

const whenAbsent =
  <Value>(value: Value) =>
  (error: unknown): Value => {
    if (["ENOENT", "ENOTDIR"].includes(systemCode(error) ?? "")) return value;
    return refuse(error);
  };

/** Classifies every system error as the contract requires. */
function refuse(error: unknown): never {
  const code = systemCode(error);
  if (code === undefined) throw error;
  // A file is where a directory of that name should be, or the other way round.
  const isName = ["EEXIST", "ENOTDIR", "EISDIR", "ENAMETOOLONG", "EILSEQ"].includes(code);
  const message = messageOf(error);
  throw new PluginError(isName ? "invalid" : "refused", message, { cause: error });
}
