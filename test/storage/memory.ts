import { join, relative } from "node:path";
import type { GrowingFile, Storage, StoredFile } from "../../src/storage/storage.ts";
import { UnsafeFileError } from "../../src/storage/unsafe-file.ts";

type Files = Map<string, Uint8Array>;

/** A place without a directory: whoever goes past the seam finds nothing there. */
export function memoryStorage(
  root = "memory:",
  files: Files = new Map(),
  locks = new Set<string>(),
): Storage {
  const shown = (name: string): string => join(root, name);
  const below = (): string[] =>
    [...files.keys()].map((path) => relative(root, path)).filter((name) => !name.startsWith(".."));
  const fileAt = (name: string): Uint8Array => {
    const found = files.get(shown(name));
    if (found === undefined)
      throw Object.assign(new Error(`nothing is at ${shown(name)}`), { code: "ENOENT" });
    return found;
  };
  return {
    root,
    shown,
    async write(name, content, { ifAbsent = false } = {}) {
      if (ifAbsent && files.has(shown(name))) return false;
      files.set(shown(name), Buffer.from(content));
      return true;
    },
    async append(name, kept) {
      files.set(shown(name), kept === 0 ? Buffer.alloc(0) : fileAt(name).slice(0, kept));
      return growing(files, shown(name));
    },
    commit: async (names) => void names.forEach(fileAt),
    async read(name, most) {
      const found = fileAt(name);
      if (found.length > most)
        throw new UnsafeFileError(shown(name), `has ${found.length} bytes, and the limit is ${most}`);
      return found;
    },
    open: async (name) => reading(fileAt(name)),
    async *list() {
      yield* below();
    },
    names: async () => [...new Set(below().map((name) => name.replace(/\/.*/s, "")))].sort(),
    within: (name) => memoryStorage(shown(name), files, locks),
    async stat(name) {
      const found = files.get(shown(name));
      return found && { bytes: found.length, isRegular: true };
    },
    remove: async (name) => void files.delete(shown(name)),
    lock(name) {
      if (locks.has(shown(name))) return undefined;
      locks.add(shown(name));
      return { release: () => void locks.delete(shown(name)), isInPlace: () => true };
    },
  };
}

const growing = (files: Files, path: string): GrowingFile => ({
  append: async (bytes) => void files.set(path, Buffer.concat([files.get(path) ?? Buffer.alloc(0), bytes])),
  close: async () => {},
});

const reading = (bytes: Uint8Array): StoredFile => ({
  size: async () => bytes.length,
  async read(buffer, position) {
    const part = bytes.subarray(position, position + buffer.length);
    buffer.set(part);
    return part.length;
  },
  close: async () => {},
});

/** Everything in a place, put into another one. */
export async function copyAll(from: Storage, to: Storage): Promise<void> {
  for await (const name of from.list()) await to.write(name, await from.read(name, 1 << 30));
}
