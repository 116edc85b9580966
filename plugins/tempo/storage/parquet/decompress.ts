/** Pages are compressed one by one. What is native is fast, and keeps no memory of its own as WebAssembly does. */
import type { Compressors } from "hyparquet";
import { decompressPage } from "hyparquet/src/datapage.js";
import { compressors } from "hyparquet-compressors";
import type { Leaf } from "./schema.ts";

/** Without SNAPPY, which hyparquet itself decodes, into a buffer of the right length. */
const { SNAPPY: _, ...others } = compressors;
const CODECS: Compressors = {
  ...others,
  GZIP: (input) => Bun.gunzipSync(new Uint8Array(input)),
  ZSTD: (input) => Bun.zstdDecompressSync(new Uint8Array(input)),
};

/** @throws Error when the bytes are damaged, or not as long as they should be */
export const decompress = (bytes: Uint8Array, length: number, { codec }: Leaf): Uint8Array =>
  decompressPage(bytes, length, codec, CODECS);
