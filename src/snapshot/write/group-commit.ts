import type { FileHandle } from "node:fs/promises";
import { openOwn } from "../../storage/own-file.ts";
import { writeAll, writeFailure } from "./disk.ts";

/**
 * The block index while it grows. Lines wait in a group until the data they name is durable: a group's files are
 * fsynced first, then its lines are appended and fsynced. So the index never names bytes that are not on the disk,
 * and a crash loses at most one group.
 */
export interface GroupCommit {
  /** Adds lines whose data is written, and what must be made durable before them. Waits while too much is waiting. */
  add(lines: string, dataBytes: number, durable: readonly Durable[]): Promise<void>;
  /** Commits what is waiting. */
  flush(): Promise<void>;
  /** Of what is committed. */
  summary(): { readonly bytes: number; readonly lines: number; readonly sha256: string };
  close(): Promise<void>;
}

/** Something whose bytes must be on the disk; the same `key` is made durable once a group. */
export interface Durable {
  readonly key: string;
  sync(): Promise<void>;
}

export interface GroupOptions {
  readonly path: string;
  /** The most time, ms, and the most data, bytes, that one group holds back. */
  readonly groupMs: number;
  readonly groupBytes: number;
  /** Called when a group cannot be committed, perhaps more than once; nothing is committed after it. */
  readonly onFailure: (error: Error) => void;
  /** What an interrupted export left: the index is cut to this many bytes, whose hash and number of lines are known. */
  readonly committed?: { readonly bytes: number; readonly lines: number; readonly hasher: Bun.CryptoHasher };
}

interface Group {
  lines: string[];
  bytes: number;
  durable: Map<string, Durable>;
}

const emptyGroup = (): Group => ({ lines: [], bytes: 0, durable: new Map() });

/** Opens the index for appending, new or cut back to what is committed. @throws SnapshotError when the disk refuses */
export async function openGroupCommit(options: GroupOptions): Promise<GroupCommit> {
  const { path, groupMs, groupBytes, onFailure, committed } = options;
  const handle = await openIndex(path, committed?.bytes ?? 0);
  const hasher = committed?.hasher ?? new Bun.CryptoHasher("sha256");
  let size = committed?.bytes ?? 0;
  let lines = committed?.lines ?? 0;
  let group = emptyGroup();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let tail: Promise<void> = Promise.resolve();

  const commit = async ({ lines: texts, durable }: Group): Promise<void> => {
    await syncAll([...durable.values()]);
    const bytes = Buffer.from(texts.join(""));
    await writeAll(handle, bytes, size).catch((error) => cutBack(handle, size, path, error));
    await handle.datasync();
    hasher.update(bytes);
    size += bytes.length;
    lines += texts.reduce((sum, text) => sum + text.split("\n").length - 1, 0);
  };

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    if (group.lines.length === 0) return tail;
    const ready = group;
    group = emptyGroup();
    tail = tail.then(() => commit(ready));
    tail.catch((error) => onFailure(writeFailure(path, error)));
    return tail;
  };

  return {
    async add(text, dataBytes, durable) {
      group.lines.push(text);
      group.bytes += dataBytes + text.length;
      for (const one of durable) group.durable.set(one.key, one);
      timer ??= setTimeout(() => void flush().catch(() => {}), groupMs);
      if (group.bytes >= groupBytes) {
        const earlier = tail;
        void flush().catch(() => {});
        await earlier;
      }
    },
    flush,
    summary: () => ({ bytes: size, lines, sha256: hasher.copy().digest("hex") }),
    async close() {
      clearTimeout(timer);
      await tail.catch(() => {});
      await handle.close();
    },
  };
}

/** A few at a time: a group may hold thousands of small files. */
async function syncAll(all: readonly Durable[]): Promise<void> {
  for (let first = 0; first < all.length; first += 16) {
    await Promise.all(all.slice(first, first + 16).map((one) => one.sync()));
  }
}

async function openIndex(path: string, committedBytes: number): Promise<FileHandle> {
  try {
    const handle = await openOwn(path, committedBytes === 0 ? "create" : "change");
    await handle.truncate(committedBytes);
    return handle;
  } catch (error) {
    throw writeFailure(path, error);
  }
}

/** Takes away what a failed write left, so that the index ends with a whole line. Best effort: a reader cuts it too. */
async function cutBack(handle: FileHandle, size: number, path: string, error: unknown): Promise<never> {
  await handle.truncate(size).catch(() => {});
  throw writeFailure(path, error);
}
