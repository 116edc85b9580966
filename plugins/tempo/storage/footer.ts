/** The description at the end of a block's file: its row groups, and where their columns are. */
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync } from "hyparquet";
import { readSchema, type Schema } from "./parquet/schema.ts";
import type { BlockMeta } from "./store.ts";

/** A file with its description, which takes some hundred kilobytes of memory: to be kept while rows are read, and no longer. */
export interface Described {
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly schema: Schema;
}

/** Reads the description. @throws Error when the file is damaged */
export async function describe(file: AsyncBuffer, meta: BlockMeta): Promise<Described> {
  const within = withinItsSize(file);
  const metadata = await parquetMetadataAsync(within, { initialFetchSize: footerBytes(meta) });
  return { file: within, metadata, schema: readSchema(metadata) };
}

/** What is read first; where it is not enough, the file says so, and the rest is read too. */
const footerBytes = ({ footerSize }: BlockMeta): number =>
  Math.min(Math.max(footerSize + FOOTER_END, FOOTER_LEAST), FOOTER_MOST);

/** Behind the description stand its length and four letters. */
const FOOTER_END = 8;
const FOOTER_LEAST = 1 << 14;
const FOOTER_MOST = 1 << 19;

/** Most bytes that are read at once: a dictionary, or the pages of some rows. */
const SLICE_BYTES_MAX = 512 << 20;

/** A damaged file may claim parts that it does not have: they must not exhaust the memory. */
const withinItsSize = ({ byteLength, slice }: AsyncBuffer): AsyncBuffer => ({
  byteLength,
  slice(from, to = byteLength) {
    if (from < 0 || to > byteLength || to - from > SLICE_BYTES_MAX)
      throw new Error(`bytes ${from} to ${to} of ${byteLength} are asked for`);
    return slice(from, to);
  },
});
