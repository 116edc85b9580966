/** Blocks in a directory on this machine: Tempo's local backend, or a copied bucket. */
import { closeSync, openSync, readSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { PluginError } from "contextcore";
import { type BlockMeta, type BlockStore, COMPACTED, DATA, META, readMeta } from "./store.ts";

/** @param path Tempo's storage path, its `blocks` directory, or the tenant's directory in it */
export function createDirectoryStore(path: string, tenant: string): BlockStore {
  const metas = new Map<string, BlockMeta>();
  const list = async (names: readonly string[], signal: AbortSignal): Promise<BlockMeta[]> => {
    const directory = await tenantDirectory(path, tenant);
    const found: BlockMeta[] = [];
    for (const name of await readdir(directory)) {
      signal.throwIfAborted();
      const meta = await readBlock(join(directory, name), names, metas);
      if (meta !== undefined) found.push(meta);
    }
    return found.sort((a, b) => (a.blockID < b.blockID ? -1 : 1));
  };
  return {
    place: path,
    blocks: (signal) => list([META], signal),
    known: (signal) => list([META, COMPACTED], signal),
    async open({ blockID }) {
      const directory = join(await tenantDirectory(path, tenant), blockID);
      const file = join(directory, DATA);
      const { size } = await stat(file).catch((cause: unknown) => lacking(directory, file, cause));
      return { byteLength: size, slice: (from, to = size) => readSlice(file, from, to) };
    },
  };
}

/** The directory of the tenant's blocks: the first candidate that has some. */
async function tenantDirectory(path: string, tenant: string): Promise<string> {
  for (const directory of [join(path, "blocks", tenant), join(path, tenant), path]) {
    const names = await readdir(directory).catch(() => []);
    for (const name of names) if (await exists(join(directory, name, META))) return directory;
  }
  await readdir(path).catch((cause: unknown) => unreadable(path, cause));
  return path;
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

/** Reads a block's description once: it never changes, a compaction only renames it. */
async function readBlock(
  directory: string,
  names: readonly string[],
  known: Map<string, BlockMeta>,
): Promise<BlockMeta | undefined> {
  for (const name of names) {
    const file = join(directory, name);
    if (!(await exists(file))) continue;
    const meta = known.get(directory) ?? (await readFile(file, "utf8").then(readMeta, () => undefined));
    if (meta !== undefined) known.set(directory, meta);
    return meta;
  }
  return undefined;
}

/** Reads synchronously: the columns of a file are many small pieces, and promises would cost more than reading them. */
function readSlice(file: string, from: number, to: number): ArrayBuffer {
  const buffer = new ArrayBuffer(Math.max(0, to - from));
  const descriptor = opened(file);
  try {
    for (let filled = 0; filled < buffer.byteLength; ) {
      const read = readSync(descriptor, new Uint8Array(buffer, filled), { position: from + filled });
      if (read === 0) throw new PluginError("invalid", `${file} is damaged: it ends before byte ${to}`);
      filled += read;
    }
    return buffer;
  } finally {
    closeSync(descriptor);
  }
}

function opened(file: string): number {
  try {
    return openSync(file, "r");
  } catch (cause) {
    return vanished(file, cause);
  }
}

/** A block that still has its description is not one that a compaction has removed. */
async function lacking(directory: string, file: string, cause: unknown): Promise<never> {
  if (!(await exists(join(directory, META)))) return vanished(file, cause);
  throw new PluginError("invalid", `${file} is missing, although ${META} is there`, { cause });
}

/** A compaction removes a block's files an hour after it has replaced them; by then the list of blocks shows it. */
function vanished(file: string, cause: unknown): never {
  throw new PluginError("temporary", `${file} cannot be read: it may just have been compacted`, { cause });
}

function unreadable(path: string, cause: unknown): never {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT") throw new PluginError("not-found", `there is no directory ${path}`, { cause });
  throw new PluginError("refused", `${path} cannot be read (${String(code)})`, { cause });
}
