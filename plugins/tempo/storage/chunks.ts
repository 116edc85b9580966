import type { AsyncBuffer } from "hyparquet";

const CHUNK_BYTES = 1 << 20;
const CHUNKS_MAX = 24;

/**
 * Reads in large aligned pieces and keeps the newest of them: a reader of columns asks for hundreds of small pieces that
 * lie side by side, and each would be a request.
 */
export function chunked(file: AsyncBuffer): AsyncBuffer {
  const chunks = new Map<number, Promise<ArrayBuffer>>();
  const chunk = (index: number): Promise<ArrayBuffer> => {
    const known = chunks.get(index);
    chunks.delete(index);
    const start = index * CHUNK_BYTES;
    const wanted =
      known ?? Promise.resolve(file.slice(start, Math.min(start + CHUNK_BYTES, file.byteLength)));
    chunks.set(index, wanted);
    for (const oldest of chunks.keys()) {
      if (chunks.size <= CHUNKS_MAX) break;
      chunks.delete(oldest);
    }
    wanted.catch(() => chunks.delete(index));
    return wanted;
  };
  return {
    byteLength: file.byteLength,
    async slice(from, to = file.byteLength) {
      const whole = new Uint8Array(Math.max(0, to - from));
      for (let index = Math.floor(from / CHUNK_BYTES); index * CHUNK_BYTES < to; index++) {
        const start = index * CHUNK_BYTES;
        const bytes = new Uint8Array(await chunk(index));
        const [first, last] = [Math.max(from - start, 0), Math.min(to - start, bytes.length)];
        whole.set(bytes.subarray(first, last), start + first - from);
      }
      return whole.buffer;
    },
  };
}
