/** What a snapshot may ask of its reader. A file that was made to do harm says what it likes; what we write keeps within these. */

/** A block, stored and uncompressed: a step yields about 8 MiB. */
export const BLOCK_BYTES_MAX = 256 << 20;

/** A line of `blocks.jsonl`: it names the cursors that follow, and an export's first step may have very many. */
export const INDEX_LINE_BYTES_MAX = 256 << 20;

/** `manifest.json`: some hundred thousand files. */
export const MANIFEST_BYTES_MAX = 32 << 20;

/** How deep a manifest nests: ours, and what a later format may add. */
export const MANIFEST_LEVELS_MAX = 100;

/** How deep a cursor nests: it is walked by functions that call themselves. */
export const CURSOR_LEVELS_MAX = 100;
