import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";

/** Files of a directory that are read again and again: a few stay open between reads. */
export interface Handles {
  /** Calls `work` with the open file. @throws what opening it throws */
  use<Result>(path: string, work: (handle: FileHandle) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

interface Entry {
  readonly opened: Promise<FileHandle>;
  users: number;
}

/** A snapshot may have thousands of objects, and many parts of a data file. */
const IDLE_MAX = 32;

/** @param directory that the paths are relative to */
export function createHandles(directory: string): Handles {
  const entries = new Map<string, Entry>();

  const closeIdle = async (most: number): Promise<void> => {
    const idle = [...entries].filter(([, entry]) => entry.users === 0);
    for (const [path, entry] of idle.slice(0, Math.max(0, idle.length - most))) {
      entries.delete(path);
      await entry.opened.then((handle) => handle.close()).catch(() => {});
    }
  };

  return {
    async use(path, work) {
      const entry = entries.get(path) ?? { opened: open(join(directory, path), "r"), users: 0 };
      entries.set(path, entry);
      entry.users += 1;
      try {
        return await work(await entry.opened);
      } finally {
        entry.users -= 1;
        if (entries.size > 2 * IDLE_MAX) await closeIdle(IDLE_MAX);
      }
    },
    close: () => closeIdle(0),
  };
}
