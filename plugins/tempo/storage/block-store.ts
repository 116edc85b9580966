import type { AsyncBuffer } from "hyparquet";
import type { BlockMeta } from "./meta.ts";

/** Where a server's blocks are kept: a directory, or a bucket. */
export interface BlockStore {
  /** For people: `/var/tempo/blocks/single-tenant`. */
  readonly place: string;
  /**
   * The blocks that count now: without those that a compaction has replaced.
   * @throws PluginError `not-found` when there is no such place, `temporary` or `refused` when it cannot be read
   */
  blocks(signal: AbortSignal): Promise<readonly BlockMeta[]>;
  /** Also those that a compaction has replaced, as long as their data is there. */
  known(signal: AbortSignal): Promise<readonly BlockMeta[]>;
  /** The block's `data.parquet`. */
  open(block: BlockMeta, signal: AbortSignal): Promise<AsyncBuffer>;
}

/** The names of files that make a folder a block: `meta.json` says what is in it. */
export const META = "meta.json";
/** What `meta.json` becomes when a compaction has replaced the block. */
export const COMPACTED = "meta.compacted.json";
export const DATA = "data.parquet";
