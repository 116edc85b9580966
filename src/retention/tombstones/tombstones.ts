/**
 * What was erased, so that nothing of it comes back: a tombstone for each record, in `.contextcore/`. They are personal data as long
 * as their key exists.
 */
import type { Database } from "bun:sqlite";
import { join } from "node:path";
import { isThere } from "../../storage/entries.ts";
import { makeOwnDirectory } from "../../storage/own-file.ts";
import { explaining, openErased } from "./database.ts";
import { madeKey, readKey } from "./key.ts";
import { createSieve, HEAD_BYTES, type Sieve } from "./sieve.ts";
import { type RecordsOf, TAG_BYTES, type Tagger, taggerOf } from "./tag.ts";

/** Tombstones, as far as they are asked. */
export interface Erased {
  /** Whether this record was erased. @param content as `recordsOf` has it @throws TombstoneError */
  isErased(of: RecordsOf, content: string): boolean;
  /** How many records were erased. */
  readonly size: number;
}

/** A project's tombstones; close them, or dispose of them. */
export interface Tombstones extends Erased, Disposable {
  /**
   * Adds a tombstone for each of these records. They are durable when this returns: only then is anything removed.
   * @param contents as `recordsOf` has them @throws TombstoneError; UnsafeFileError
   */
  add(of: RecordsOf, contents: Iterable<string>): void;
  close(): void;
}

/** How many are written in one transaction. */
const BATCH = 1 << 14;

/** Where a project keeps what is its own, and its tombstones there. */
export function tombstonePaths(directory: string): { readonly folder: string; readonly path: string } {
  const folder = join(directory, ".contextcore");
  return { folder, path: join(folder, "erased.db") };
}

/** Opens the tombstones of a project, which makes nothing until the first is added. @throws TombstoneError; UnsafeFileError */
export function openTombstones({ directory }: { readonly directory: string }): Tombstones {
  const { folder, path } = tombstonePaths(directory);
  let open: Open | undefined;
  const atHand = (): Open | undefined => {
    if (open === undefined && isThere(path)) open = opened(path, readKey(folder));
    return open;
  };
  const made = (): Open => {
    makeOwnDirectory(folder, undefined, 0o700);
    open = atHand() ?? opened(path, madeKey(folder));
    return open;
  };
  const close = (): void => {
    open?.database.close();
    open = undefined;
  };
  return {
    add(of, contents) {
      for (const batch of batchesOf(contents))
        made().add(batch.map((content) => Buffer.from(made().tag(of, content))));
    },
    isErased(of, content) {
      const held = atHand();
      return held?.has(held.tag(of, content)) ?? false;
    },
    get size() {
      return atHand()?.size() ?? 0;
    },
    close,
    [Symbol.dispose]: close,
  };
}

function* batchesOf(contents: Iterable<string>): Generator<string[]> {
  let batch: string[] = [];
  for (const content of contents) {
    if (batch.push(content) < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** An open database of tombstones, and what makes them. */
interface Open {
  readonly database: Database;
  readonly tag: Tagger;
  add(tags: readonly Uint8Array[]): void;
  has(tag: Uint8Array): boolean;
  size(): number;
}

function opened(path: string, key: Uint8Array): Open {
  const database = openErased(path);
  const find = database.query<{ batch: number }, [Uint8Array]>("SELECT batch FROM erased WHERE tag = ?");
  const about = database.query<{ size: number }, []>("SELECT size FROM about");
  const next = database.query<{ batches: number }, []>(
    "UPDATE about SET batches = batches + 1 RETURNING batches",
  );
  const insert = database.query<undefined, [Uint8Array, number]>(
    "INSERT OR IGNORE INTO erased VALUES (?, ?)",
  );
  const grow = database.query<undefined, [number]>("UPDATE about SET size = size + ?");
  const add = database.transaction((tags: readonly Uint8Array[]) => {
    const batch = next.get()?.batches ?? 0;
    grow.run(tags.reduce((added, tag) => added + insert.run(tag, batch).changes, 0));
  });
  const size = (): number => explaining(path, () => about.get()?.size ?? 0);
  const sieved = sievedBy(database, size);
  return {
    database,
    tag: taggerOf(key),
    add(tags) {
      explaining(path, () => add.immediate(tags.toSorted(Buffer.compare)));
      for (const tag of tags) sieved.add(tag);
    },
    has: (tag) => explaining(path, () => sieved.may(tag) && find.get(tag) !== null),
    size,
  };
}

/** How long what another process writes may stay unseen. ms */
const SEEN_AFTER_MS = 50;

/** A sieve of everything in the list. Once another process has written to it, each question is looked up. */
function sievedBy(database: Database, size: () => number): Sieve {
  const version = database.query<{ data_version: number }, []>("PRAGMA data_version");
  // A row a tombstone would leave much garbage behind.
  const within = database.query<{ heads: string | null }, [Uint8Array, Uint8Array]>(
    `SELECT group_concat(hex(substr(tag, 1, ${HEAD_BYTES})), '') AS heads FROM erased WHERE tag >= ? AND tag < ?`,
  );
  let [sieve, seen, looked]: [Sieve | undefined, number | undefined, number] = [undefined, undefined, 0];
  const isOthers = (): boolean => {
    const now = performance.now();
    if (now - looked < SEEN_AFTER_MS) return false;
    looked = now;
    const before = seen;
    seen = version.get()?.data_version;
    return before !== undefined && before !== seen;
  };
  const filled = (): Sieve => {
    const made = createSieve(size());
    for (let first = 0; first < 256; first += 1) {
      const end = first === 255 ? Buffer.alloc(TAG_BYTES + 1, 255) : Buffer.of(first + 1);
      const heads = Buffer.from(within.get(Buffer.of(first), end)?.heads ?? "", "hex");
      for (let at = 0; at < heads.length; at += HEAD_BYTES) made.add(heads, at);
    }
    return made;
  };
  let isAlone = true;
  return {
    may(tag) {
      if (isAlone && isOthers()) isAlone = false;
      if (!isAlone) return true;
      sieve ??= filled();
      return sieve.may(tag);
    },
    // One that is filled later has it, too.
    add: (tag) => sieve?.add(tag),
  };
}
