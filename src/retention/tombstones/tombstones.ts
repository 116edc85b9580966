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
import { type RecordsOf, type Tagger, taggerOf } from "./tag.ts";

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
const BATCH = 1 << 16;

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
      for (const batch of batchesOf(contents)) made().add(batch.map((content) => made().tag(of, content)));
    },
    isErased(of, content) {
      const held = atHand();
      return held !== undefined && held.has(held.tag(of, content));
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
  const next = database.query<{ batches: number }, []>("UPDATE about SET batches = batches + 1 RETURNING batches");
  const insert = database.query<undefined, [Uint8Array, number]>("INSERT OR IGNORE INTO erased VALUES (?, ?)");
  const grow = database.query<undefined, [number]>("UPDATE about SET size = size + ?");
  const add = database.transaction((tags: readonly Uint8Array[]) => {
    const batch = next.get()?.batches ?? 0;
    grow.run(tags.reduce((added, tag) => added + insert.run(tag, batch).changes, 0));
  });
  return {
    database,
    tag: taggerOf(key),
    add: (tags) => explaining(path, () => add.immediate(tags.toSorted(Buffer.compare))),
    has: (tag) => explaining(path, () => find.get(tag) !== null),
    size: () => explaining(path, () => about.get()?.size ?? 0),
  };
}
