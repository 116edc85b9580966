import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { SnapshotError } from "../format/errors.ts";

/** Reads runs of bytes from the files of a directory. Small runs that follow one another cost one read for many. */
export interface ByteReader {
  /** A view that stays as it is. @throws SnapshotError when the file ends before; what opening it throws */
  read(path: string, offset: number, bytes: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

interface Entry {
  readonly opened: Promise<FileHandle>;
  /** What was read last, and where it begins. */
  ahead: Uint8Array;
  start: number;
  users: number;
}

const AHEAD_BYTES = 256 << 10;
/** A snapshot may have thousands of objects, and many parts of a data file. */
const IDLE_MAX = 32;
const NO_BYTES = new Uint8Array(0);

/** @param directory that the paths are relative to */
export function createByteReader(directory: string): ByteReader {
  const entries = new Map<string, Entry>();

  const closeIdle = async (most: number): Promise<void> => {
    const idle = [...entries].filter(([, entry]) => entry.users === 0);
    for (const [path, entry] of idle.slice(0, Math.max(0, idle.length - most))) {
      entries.delete(path);
      await entry.opened.then((handle) => handle.close()).catch(() => {});
    }
  };

  const entryOf = (path: string): Entry => {
    const known = entries.get(path);
    if (known !== undefined) return known;
    const entry = { opened: open(join(directory, path), "r"), ahead: NO_BYTES, start: 0, users: 0 };
    entries.set(path, entry);
    return entry;
  };

  return {
    async read(path, offset, bytes) {
      const entry = entryOf(path);
      const ready = held(entry, offset, bytes);
      if (ready !== undefined) return ready;
      entry.users += 1;
      try {
        const read = await readSome(await entry.opened, offset, Math.max(bytes, AHEAD_BYTES));
        if (read.length < bytes) throw new SnapshotError("the file ends before the block does");
        [entry.ahead, entry.start] = [read, offset];
        return read.subarray(0, bytes);
      } finally {
        entry.users -= 1;
        if (entries.size > 2 * IDLE_MAX) await closeIdle(IDLE_MAX);
      }
    },
    close: () => closeIdle(0),
  };
}

function held({ ahead, start }: Entry, offset: number, bytes: number): Uint8Array | undefined {
  const from = offset - start;
  return from >= 0 && from + bytes <= ahead.length ? ahead.subarray(from, from + bytes) : undefined;
}

/** Up to `bytes`; fewer only where the file ends. */
async function readSome(handle: FileHandle, offset: number, bytes: number): Promise<Uint8Array> {
  const { size } = await handle.stat();
  const buffer = Buffer.allocUnsafeSlow(Math.max(0, Math.min(bytes, size - offset)));
  for (let done = 0; done < buffer.length; ) {
    const { bytesRead } = await handle.read(buffer, done, buffer.length - done, offset + done);
    if (bytesRead === 0) return buffer.subarray(0, done);
    done += bytesRead;
  }
  return buffer;
}
