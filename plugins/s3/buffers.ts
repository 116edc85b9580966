/** Memory for what is being sent: all writes of a store share it, so it is the same however many objects there are at once. */

/** Lends buffers. */
export interface Buffers {
  /** Does the work with a buffer of this length, as soon as there is one. It is lent again when the work has ended. */
  lend<Result>(bytes: number, work: (buffer: Uint8Array) => Promise<Result>): Promise<Result>;
}

/** So many are lent at once. */
export const BUFFERS = 3;

/** Less than this is not worth waiting for. */
const SMALL_BYTES = 1 << 20;

/** @param bytes the length of a buffer: a longer one is made for its work alone */
export function createBuffers(bytes: number): Buffers {
  const free: Uint8Array[] = [];
  const waiting: (() => void)[] = [];
  let lent = 0;
  const take = async (length: number): Promise<Uint8Array> => {
    if (lent === BUFFERS) await new Promise<void>((resolve) => waiting.push(resolve));
    else lent += 1;
    return length > bytes ? new Uint8Array(length) : (free.pop() ?? new Uint8Array(bytes));
  };
  const give = (buffer: Uint8Array): void => {
    if (buffer.length === bytes) free.push(buffer);
    const next = waiting.shift();
    if (next === undefined) lent -= 1;
    else next();
  };
  return {
    async lend(length, work) {
      if (length < SMALL_BYTES) return work(new Uint8Array(length));
      const buffer = await take(length);
      try {
        return await work(buffer.subarray(0, length));
      } finally {
        give(buffer);
      }
    },
  };
}
