import { storageAt } from "../../storage/local.ts";
import type { Storage, StoredFile } from "../../storage/storage.ts";
import { requireReadable } from "../format/compress.ts";
import { SnapshotError } from "../format/errors.ts";

/** Reads runs of bytes from the files of a directory, one after another. Many small adjacent runs cost a single read. */
export interface ByteReader {
  /** A view of the bytes. @param into where they may be put, if it is long enough @throws SnapshotError when the file is too short, or when no block can be so large; what opening it throws */
  read(path: string, offset: number, bytes: number, into?: Uint8Array): Promise<Uint8Array>;
  /** Closes the files, after pending reads. */
  close(): Promise<void>;
}

interface ByteReaderOptions {
  /**
   * Reuse this many buffers in turn: a view is valid until that many runs have been read after it. Fresh memory costs as much
   * time as hashing what is read into it. Default: every view stays valid.
   */
  readonly buffers?: number;
}

interface Entry {
  readonly opened: Promise<StoredFile>;
  /** The bytes read last, and where they begin. */
  ahead: Uint8Array;
  start: number;
  users: number;
}

const AHEAD_BYTES = 256 << 10;
/** A snapshot may have thousands of objects, and many parts of a data file. */
const IDLE_MAX = 32;
const NO_BYTES: Uint8Array = new Uint8Array(0);

/** Opens each file only when it is read; close the reader, or its files stay open. @param place with the files, or its directory */
export function createByteReader(place: Storage | string, options: ByteReaderOptions = {}): ByteReader {
  const files = storageAt(place);
  const entries = new Map<string, Entry>();
  const memory = createMemory(options.buffers);
  let tail: Promise<unknown> = Promise.resolve();

  const closeIdle = async (most: number): Promise<void> => {
    const idle = [...entries].filter(([, entry]) => entry.users === 0);
    const closing = idle.slice(0, Math.max(0, idle.length - most));
    // All at once: meanwhile somebody may read one of them, who then opens it anew, or another call may close some, too.
    for (const [path] of closing) entries.delete(path);
    await Promise.all(closing.map(([, { opened }]) => opened.then((file) => file.close()).catch(() => {})));
  };

  const entryOf = (path: string): Entry => {
    const known = entries.get(path);
    if (known !== undefined) return known;
    const opened = files.open(path);
    // It may fail while another file is being read; whoever waits for it gets the error then.
    opened.catch(() => {});
    const entry = { opened, ahead: NO_BYTES, start: 0, users: 0 };
    entries.set(path, entry);
    return entry;
  };

  const fetch = async (
    entry: Entry,
    { offset, bytes, into }: { offset: number; bytes: number; into: Uint8Array | undefined },
  ): Promise<Uint8Array> => {
    const ready = held(entry, offset, bytes);
    if (ready !== undefined) {
      memory.use(ready);
      return ready;
    }
    const file = await entry.opened;
    requireReadable(bytes);
    const left = (await file.size()) - offset;
    if (left < bytes) throw new SnapshotError("the file ends before the block does");
    const isLent = into !== undefined && into.length >= bytes;
    const buffer = isLent
      ? into.subarray(0, bytes)
      : memory.take(Math.min(Math.max(bytes, file.ahead ?? AHEAD_BYTES), left));
    for (const one of entries.values()) if (one.ahead.buffer === buffer.buffer) one.ahead = NO_BYTES;
    const read = buffer.subarray(0, await file.read(buffer, offset));
    if (read.length < bytes) throw new SnapshotError("the file ends before the block does");
    if (!isLent) [entry.ahead, entry.start] = [read, offset];
    return read.subarray(0, bytes);
  };

  return {
    async read(path, offset, bytes, into) {
      const entry = entryOf(path);
      entry.users += 1;
      const fetched = tail.then(() => fetch(entry, { offset, bytes, into }));
      tail = fetched.catch(() => {});
      try {
        return await fetched;
      } finally {
        entry.users -= 1;
        if (entries.size > 2 * IDLE_MAX) await closeIdle(IDLE_MAX);
      }
    },
    async close() {
      await tail;
      await closeIdle(0);
    },
  };
}

/** Provides memory of the requested length: always new, or the least recently used of `count` buffers. */
function createMemory(count: number | undefined) {
  const buffers = Array.from({ length: count ?? 0 }, () => NO_BYTES);
  return {
    take(bytes: number): Uint8Array {
      const oldest = buffers.shift();
      if (oldest === undefined) return Buffer.allocUnsafeSlow(bytes);
      const large =
        oldest.length >= bytes ? oldest : Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(bytes)));
      buffers.push(large);
      return large.subarray(0, bytes);
    },
    /** Marks the memory as used again. */
    use({ buffer }: Uint8Array): void {
      const at = buffers.findIndex((one) => one.buffer === buffer);
      if (at !== -1) buffers.push(...buffers.splice(at, 1));
    },
  };
}

function held({ ahead, start }: Entry, offset: number, bytes: number): Uint8Array | undefined {
  const from = offset - start;
  return from >= 0 && from + bytes <= ahead.length ? ahead.subarray(from, from + bytes) : undefined;
}
