/** What both sources have in common. */
import { readDirectory } from "./read-directory.ts";
import { readTar } from "./read-tar.ts";

export interface Entry {
  /** Relative, `/` between parts. */
  readonly name: string;
  readonly kind: "file" | "directory" | "link";
  /** Permission bits. */
  readonly mode: number;
  /** ms since the epoch; absent for a directory, whose time says only when something was put into it. */
  readonly mtimeMs?: number;
  /** Of a file's content. */
  readonly bytes: number;
  /** Where a link leads. */
  readonly target?: string;
}

export interface Source {
  /** In a fixed order. @throws PluginError when it cannot be read */
  entries(signal: AbortSignal): AsyncIterable<Entry>;
  /** Part of a file's content. */
  read(name: string, offset: number, bytes: number): Promise<Uint8Array>;
}

export const openSource = (path: string): Source =>
  path.endsWith(".tar") ? readTar(path) : readDirectory(path);
