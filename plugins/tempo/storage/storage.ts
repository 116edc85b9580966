/** The blocks of one export: opened when they are needed, and kept open while there is memory for their indexes. */
import { type Ask, askedOnce, isKind, PluginError, singleFlight } from "contextcore";
import { type Block, openBlock } from "./block.ts";
import type { TraceRows } from "./block-rows.ts";
import { type BlockMeta, type BlockStore, isKnown } from "./store.ts";

/** The blocks that an export reads, and the readers that its steps pass on to one another. */
export interface Storage {
  readonly place: string;
  /** @throws PluginError `invalid` when not all blocks can be read, with the reason */
  list(signal: AbortSignal): Promise<readonly BlockMeta[]>;
  /** The blocks with these prefixes, without those that are damaged so much that nothing of them can be read. */
  open(prefixes: string, signal: AbortSignal): Promise<readonly Block[]>;
  /** Why a block cannot be opened, if it was tried. @param prefix the digits by which cursors name it */
  damageOf(prefix: string): string | undefined;
  /** A reader of a block: the one that was given back at this row, otherwise a new one. */
  rows(block: Block, row: number): TraceRows;
  /** Gives a reader back, so that the next step continues where this one stopped. */
  keep(block: Block, rows: TraceRows): void;
  /** A reader of another block that has parts of the same traces; to be given back, since opening one is expensive. */
  beside(block: Block): TraceRows;
  keepBeside(block: Block, rows: TraceRows): void;
  /** To be called after each step with the bytes of its lines. */
  wrote(bytes: number): void;
}

/** How many digits of its id identify a block. */
const PREFIX = 8;
/** More blocks than this make cursors too large. */
const BLOCKS_MAX = 1_000;
const INDEX_BYTES_MAX = 32 << 20;
/** Readers that are kept: each has about a quarter of a row group's largest dictionary, and a page of every column. */
const READERS_MAX = 1;
/** Readers of other blocks that are kept: three ingesters write each trace, so until a compaction it lies in three blocks. */
const OTHERS_MAX = 2;
/** The dictionaries of a block whose lines are longer than this may be megabytes. Bytes. */
const LARGE_BLOCK = 32 << 20;
/**
 * Lines leave several times their length as garbage, and the runtime collects it only when the heap has grown by half. So it is
 * collected each time this much was written, which costs a tenth of the time. Bytes.
 */
const COLLECT_EVERY = 2 << 20;
/** What opening a block, or a reader of its columns, leaves behind counts as so much. Bytes. */
const OPENED = 1 << 19;

/** The digits by which cursors name a block. @param id the block's */
export const prefixOf = (id: string): string => id.slice(0, PREFIX);

/** The prefixes in a list that has them without separators. */
export const prefixesOf = (list: string): readonly string[] =>
  list.match(new RegExp(`.{${PREFIX}}`, "g")) ?? [];

/** Opens blocks over a store. @throws PluginError `invalid` for a block of a format that is not known */
export function createStorage(store: BlockStore): Storage {
  const opened = new Map<string, Ask<Block>>();
  const damaged = new Map<string, string>();
  const known = createKnown(store);
  const others: { block: string; rows: TraceRows }[] = [];
  let uncollected = 0;
  const leave = (bytes: number): void => {
    uncollected += bytes;
    if (uncollected < COLLECT_EVERY) return;
    uncollected = 0;
    Bun.gc(true);
  };
  const readers: { block: string; rows: TraceRows }[] = [];
  return {
    place: store.place,
    async list(signal) {
      const metas = await listed(store, signal);
      known.forget();
      const unknown = metas.find(({ format }) => !isKnown(format));
      if (unknown !== undefined) {
        throw new PluginError(
          "invalid",
          `block ${unknown.blockID} has the format ${unknown.format}, which is not known`,
        );
      }
      if (metas.length <= BLOCKS_MAX) return metas;
      throw new PluginError("invalid", `there are ${metas.length} blocks, more than ${BLOCKS_MAX}`);
    },
    async open(prefixes, signal) {
      const wanted = new Set(prefixesOf(prefixes));
      const blocks: Block[] = [];
      for (const meta of await known.list(signal)) {
        const prefix = prefixOf(meta.blockID);
        if (!wanted.has(prefix) || damaged.has(prefix)) continue;
        const open = opened.get(meta.blockID);
        const block = open ?? askedOnce((one) => openBlock(store, meta, one));
        opened.set(meta.blockID, block);
        if (open === undefined) leave(OPENED);
        try {
          blocks.push(await block(signal));
        } catch (error) {
          if (!isKind(error, "invalid")) throw error;
          damaged.set(prefix, error.message);
        }
      }
      await evict(opened, blocks);
      return blocks;
    },
    damageOf: (prefix) => damaged.get(prefix),
    rows(block, row) {
      const at = readers.findIndex((one) => one.block === block.id && one.rows.row === row);
      const [found] = at < 0 ? [] : readers.splice(at, 1);
      if (found !== undefined) return found.rows;
      if (block.rows * block.rowBytes > LARGE_BLOCK) {
        // Garbage must go before its dictionaries are unpacked.
        readers.length = 0;
        Bun.gc(true);
      }
      leave(OPENED);
      return block.reader();
    },
    keep(block, rows) {
      readers.push({ block: block.id, rows });
      if (readers.length > READERS_MAX) readers.shift();
    },
    beside(block) {
      const at = others.findIndex((one) => one.block === block.id);
      const [found] = at < 0 ? [] : others.splice(at, 1);
      if (found !== undefined) return found.rows;
      leave(OPENED);
      return block.reader();
    },
    keepBeside(block, rows) {
      others.push({ block: block.id, rows });
      if (others.length > OTHERS_MAX) others.shift();
    },
    wrote: leave,
  };
}

/** How long it is known which blocks there are; those that a compaction has replaced stay for an hour. ms */
const KNOWN_FOR = 10_000;

/** The blocks whose data is there, looked for now and then: every step asks, and each time it is a look at every block. */
function createKnown(store: BlockStore) {
  const ask = singleFlight((signal) => store.known(signal));
  let last: { readonly metas: readonly BlockMeta[]; readonly at: number } | undefined;
  return {
    async list(signal: AbortSignal): Promise<readonly BlockMeta[]> {
      if (last === undefined || performance.now() - last.at > KNOWN_FOR)
        last = { metas: await ask(signal), at: performance.now() };
      return last.metas;
    },
    forget(): void {
      last = undefined;
    },
  };
}

/**
 * The blocks of one moment. A compaction between looking for names and looking at the files would hide the blocks that it
 * replaced and the one that it made, so two lists have to be equal.
 */
async function listed(store: BlockStore, signal: AbortSignal): Promise<readonly BlockMeta[]> {
  const namesOf = (metas: readonly BlockMeta[]): string => metas.map(({ blockID }) => blockID).join();
  let before = await store.blocks(signal);
  for (let tries = 0; tries < LISTS_MAX; tries++) {
    const now = await store.blocks(signal);
    if (namesOf(now) === namesOf(before)) return now;
    before = now;
  }
  throw new PluginError("temporary", `the blocks in ${store.place} change faster than they are listed`);
}

/** How often the list is read again. */
const LISTS_MAX = 10;

/** Closes the oldest blocks when all indexes together are too large. */
async function evict(opened: Map<string, Ask<Block>>, blocks: readonly Block[]): Promise<void> {
  let bytes = blocks.reduce((sum, block) => sum + block.indexBytes, 0);
  for (const { id, indexBytes } of blocks) {
    if (bytes <= INDEX_BYTES_MAX) return;
    opened.delete(id);
    bytes -= indexBytes;
  }
}
