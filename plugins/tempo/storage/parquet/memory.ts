/** Decompresses pages, and gives memory back. Native code is fast, and unlike WebAssembly holds no memory of its own. */
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import type { Compressors } from "hyparquet";
import { decompressPage } from "hyparquet/src/datapage.js";
import { compressors } from "hyparquet-compressors";
import type { Leaf } from "./schema.ts";

/** Without SNAPPY, which hyparquet itself decodes, into a buffer of the right length. */
const { SNAPPY: _, ...others } = compressors;
const CODECS: Compressors = {
  ...others,
  GZIP: (input, length) => gunzipSync(input, within(length)),
  ZSTD: (input, length) => zstdDecompressSync(input, within(length)),
};

/** Into one piece of memory, of no more bytes than the page's header says. */
const within = (length: number) => ({ maxOutputLength: length + 1, chunkSize: Math.max(64, length + 1) });

/** Most bytes of a page; Tempo's have one or two megabytes. */
const PAGE_BYTES_MAX = 256 << 20;

/** @throws Error when the bytes are damaged, or not as long as they should be */
export function decompress(bytes: Uint8Array, length: number, { codec }: Leaf): Uint8Array {
  if (length > PAGE_BYTES_MAX) throw new Error(`a page of ${length} bytes is too large`);
  return decompressPage(bytes, length, codec, CODECS);
}

/**
 * Gives the memory of these bytes back at once; a collection would come much later. To be called by what made the bytes, when
 * nothing reads them any more: they are empty afterwards.
 */
export function release({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
