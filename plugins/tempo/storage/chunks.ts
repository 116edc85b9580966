import type { AsyncBuffer } from "hyparquet";

const CHUNK_BYTES = 1 << 20;
/** Columns that are read at the same time lie further apart than any number of pieces would reach; small ones side by side. */
const CHUNKS_MAX = 8;

/** Makes a file of a bucket cheap to read in small parts. */
export type Chunked = (name: string, file: AsyncBuffer) => AsyncBuffer;

/**
 * Reads in large aligned pieces and keeps the newest of them, of all files together: a reader of columns asks for hundreds of
 * small pieces that lie side by side, and each would be a request.
 */
export function createChunks(): Chunked {
  const chunks = new Map<string, Promise<ArrayBuffer>>();
  const chunk = (name: string, file: AsyncBuffer, index: number): Promise<ArrayBuffer> => {
    const key = `${name} ${index}`;
    const start = index * CHUNK_BYTES;
    const wanted =
      chunks.get(key) ?? Promise.resolve(file.slice(start, Math.min(start + CHUNK_BYTES, file.byteLength)));
    chunks.delete(key);
    chunks.set(key, wanted);
    for (const oldest of chunks.keys()) {
      if (chunks.size <= CHUNKS_MAX) break;
      chunks.delete(oldest);
    }
    wanted.catch(() => chunks.delete(key));
    return wanted;
  };
  return (name, file) => ({
    byteLength: file.byteLength,
    async slice(from, to = file.byteLength) {
      const whole = new Uint8Array(Math.max(0, to - from));
      for (let index = Math.floor(from / CHUNK_BYTES); index * CHUNK_BYTES < to; index++) {
        const start = index * CHUNK_BYTES;
        const bytes = new Uint8Array(await chunk(name, file, index));
        const [first, last] = [Math.max(from - start, 0), Math.min(to - start, bytes.length)];
        whole.set(bytes.subarray(first, last), start + first - from);
      }
      return whole.buffer;
    },
  });
}
