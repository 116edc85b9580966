/** Temporary files without a name: whoever has one open has it, and it is gone with the process, however that ends. */
import { closeSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fillSync, openOwnSync } from "./own-file.ts";
import { fileFailure } from "./refusal.ts";
import type { StoredFile } from "./storage.ts";
import { tryRemove } from "./unsynced.ts";

/** A temporary file. */
export interface Scratch {
  readonly size: number;
  /** Writes all of the bytes. @param position default: the end @throws an error for people when the system refuses */
  write(bytes: Uint8Array, position?: number): void;
  /** To read what was written so far, and what will be. Closing it changes nothing. */
  file(): StoredFile;
  close(): void;
}

/** A new one, empty. @throws as {@link Scratch.write} */
export function openScratch(directory = tmpdir()): Scratch {
  const path = join(directory, `contextcore-${crypto.randomUUID()}.tmp`);
  const refusing = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (cause) {
      const { message, ...more } = fileFailure("write", path, cause, { purpose: "write" });
      throw Object.assign(new Error(message, { cause }), more);
    }
  };
  const file = refusing(() => openOwnSync(path, "create", { mode: 0o600 }));
  const isNameless = tryRemove(path);
  let size = 0;
  return {
    get size() {
      return size;
    },
    write: (bytes, position = size) =>
      refusing(() => {
        for (let done = 0; done < bytes.length; )
          done += writeSync(file, bytes, done, bytes.length - done, position + done);
        size = Math.max(size, position + bytes.length);
      }),
    file: () => ({
      size: async () => size,
      read: async (buffer, position) => fillSync(file, buffer, position),
      close: async () => {},
    }),
    close() {
      closeSync(file);
      if (!isNameless) tryRemove(path);
    },
  };
}
