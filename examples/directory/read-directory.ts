import { lstat, open, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, PluginError } from "contextcore";
import type { Entry, Source } from "./source.ts";

/** A directory's entries, depth first, by name. Sockets, pipes and devices have no content and are left out. */
export function readDirectory(root: string): Source {
  async function* under(folder: string, signal: AbortSignal): AsyncGenerator<Entry> {
    for (const child of (await classified(() => readdir(join(root, folder)))).sort()) {
      signal.throwIfAborted();
      const name = folder === "" ? child : `${folder}/${child}`;
      const entry = await entryOf(join(root, name), name);
      if (entry !== undefined) yield entry;
      if (entry?.kind === "directory") yield* under(name, signal);
    }
  }
  return {
    entries: (signal) => under("", signal),
    read: (name, offset, bytes) => classified(() => readPart(join(root, name), offset, bytes)),
  };
}

/** `undefined` when it has gone meanwhile, or has no content. */
async function entryOf(path: string, name: string): Promise<Entry | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  const mode = found.mode & 0o7777;
  if (found.isDirectory()) return { name, kind: "directory", mode, bytes: 0 };
  const common = { name, mode, mtimeMs: Math.floor(found.mtimeMs), bytes: 0 };
  if (found.isSymbolicLink()) return { ...common, kind: "link", target: await readlink(path) };
  return found.isFile() ? { ...common, kind: "file", bytes: found.size } : undefined;
}

/** Fewer bytes only at the end of the file. */
export async function readPart(path: string, offset: number, bytes: number): Promise<Uint8Array> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(new Uint8Array(bytes), 0, bytes, offset);
  return buffer.subarray(0, bytesRead);
}

/** The engine decides by the kind of an error. @throws PluginError */
export async function classified<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof PluginError) throw cause;
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const kind =
      code === "ENOENT" || code === "ENOTDIR"
        ? "not-found"
        : /EACCES|EPERM/.test(code)
          ? "refused"
          : "temporary";
    const message = messageOf(cause);
    throw new PluginError(kind, message, {
      hint: kind === "not-found" ? "Set the option `path`." : undefined,
      cause,
    });
  }
}
