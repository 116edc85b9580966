/** An index of the ids of a block's rows, which are in order: of all ids when they are few, otherwise of every 64th. */

const ID_BYTES = 16;
/** Words of 32 bits, which are compared without making an object of an id. */
const ID_WORDS = 4;
/** The ids of more rows than this are not all kept in memory. */
const ALL_MAX = 200_000;
const SPARSE_STRIDE = 64;

/** Finds a trace's row in a block with few reads. `bytes`: what it takes in memory. */
export interface IdIndex {
  readonly bytes: number;
  /** The rows among which an id must be, if the block has it; one row when all ids are kept. */
  rowsAround(id: string): { readonly start: number; readonly end: number };
  /** True when the row that `rowsAround` gives is certain to have the id. */
  readonly exact: boolean;
}

/** @param read the ids of the rows from `start` to `end`, 16 bytes each, without separators */
export async function createIdIndex(
  rows: number,
  read: (start: number, end: number) => Promise<Uint8Array>,
): Promise<IdIndex> {
  const stride = rows <= ALL_MAX ? 1 : SPARSE_STRIDE;
  const ids = new Uint32Array(Math.ceil(rows / stride) * ID_WORDS);
  for (let start = 0; start < rows; start += READ_ROWS) {
    const some = await read(start, Math.min(start + READ_ROWS, rows));
    const view = new DataView(some.buffer, some.byteOffset, some.byteLength);
    for (let at = 0; at < some.length; at += stride * ID_BYTES) {
      const place = ((start + at / ID_BYTES) / stride) * ID_WORDS;
      for (let word = 0; word < ID_WORDS; word++) ids[place + word] = view.getUint32(at + word * 4);
    }
  }
  return {
    bytes: ids.byteLength,
    exact: stride === 1,
    rowsAround(id) {
      const wanted = wordsOf(id);
      const at = lastNotAfter(ids, wanted);
      if (at < 0) return { start: 0, end: 0 };
      if (stride === 1 && order(ids, at, wanted) !== 0) return { start: 0, end: 0 };
      return { start: at * stride, end: Math.min((at + 1) * stride, rows) };
    },
  };
}

/** A multiple of the stride. */
const READ_ROWS = 128 * SPARSE_STRIDE;

/** @param id 32 hex digits */
const wordsOf = (id: string): readonly number[] =>
  [0, 8, 16, 24].map((start) => Number.parseInt(id.slice(start, start + 8), 16));

/** The index of the last id that is not greater; -1 when all are greater. */
function lastNotAfter(ids: Uint32Array, wanted: readonly number[]): number {
  let [low, high] = [0, ids.length / ID_WORDS];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (order(ids, middle, wanted) <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Below 0 when the id at this place is smaller, 0 when it is the same. */
function order(ids: Uint32Array, at: number, wanted: readonly number[]): number {
  for (let word = 0; word < ID_WORDS; word++) {
    const difference = (ids[at * ID_WORDS + word] ?? 0) - (wanted[word] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
