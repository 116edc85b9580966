/** An index of the ids of a block's rows, which are in order: of all ids when they are few, otherwise of every 64th. */

const ID_BYTES = 16;
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
  const ids = new Uint8Array(Math.ceil(rows / stride) * ID_BYTES);
  for (let start = 0; start < rows; start += READ_ROWS) {
    const some = await read(start, Math.min(start + READ_ROWS, rows));
    for (let at = 0; at < some.length; at += stride * ID_BYTES) {
      ids.set(some.subarray(at, at + ID_BYTES), ((start + at / ID_BYTES) / stride) * ID_BYTES);
    }
  }
  return {
    bytes: ids.length,
    exact: stride === 1,
    rowsAround(id) {
      const at = lastNotAfter(ids, Buffer.from(id, "hex"));
      if (at < 0) return { start: 0, end: 0 };
      if (stride === 1 && !isAt(ids, at, id)) return { start: 0, end: 0 };
      return { start: at * stride, end: Math.min((at + 1) * stride, rows) };
    },
  };
}

/** A multiple of the stride. */
const READ_ROWS = 64_000;

/** The index of the last id that is not greater; -1 when all are greater. */
function lastNotAfter(ids: Uint8Array, id: Uint8Array): number {
  let [low, high] = [0, ids.length / ID_BYTES];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (Buffer.compare(ids.subarray(middle * ID_BYTES, (middle + 1) * ID_BYTES), id) <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

const isAt = (ids: Uint8Array, at: number, id: string): boolean =>
  Buffer.compare(ids.subarray(at * ID_BYTES, (at + 1) * ID_BYTES), Buffer.from(id, "hex")) === 0;
