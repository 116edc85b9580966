/** Limits for reading a snapshot, because a hostile file can claim anything. What we write stays below them. */

/** A block, stored and uncompressed: a step yields about 8 MiB. */
export const BLOCK_BYTES_MAX = 256 << 20;

/** A line of `blocks.jsonl`. It names the cursors that follow, and an export's first step may have very many. */
export const INDEX_LINE_BYTES_MAX = 256 << 20;

/** `manifest.json`: enough for some hundred thousand files. */
export const MANIFEST_BYTES_MAX = 32 << 20;

/** How deep a manifest may nest: more than ours does, to leave room for later formats. */
export const MANIFEST_LEVELS_MAX = 100;

/** How deep a cursor may nest, because recursive functions walk through it. */
export const CURSOR_LEVELS_MAX = 100;
