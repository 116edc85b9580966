/** Rows of a block: whole traces, or their ids alone; those of damaged pages are passed over, and named. */
import { messageOf, PluginError } from "contextcore";
import type { FileMetaData } from "hyparquet";
import type { Described } from "./footer.ts";
import { MessageBuffer } from "./message.ts";
import { DamagedPage } from "./parquet/column.ts";
import { createRowGroupReader } from "./parquet/row-group.ts";
import type { BlockMeta, Format } from "./store.ts";
import { traceWriter } from "./trace-row.ts";

/** Reads a file's description when it is needed: those of all blocks together would be most of an export's memory. */
export type Opening = () => Promise<Described>;

/** A part of a block. */
export interface Rows {
  readonly start: number;
  readonly end: number;
}

/** Rows that cannot be read, since a page with a part of them is damaged. */
export interface DamagedRows extends Rows {
  readonly reason: string;
}

/** A place in a block that moves forward cheaply and backward at a cost. */
export interface TraceRows {
  /** The row that is read next. */
  readonly row: number;
  /** The traces of the rows from `start` up to `end`; their bytes are valid until the next call. */
  read(start: number, end: number): Promise<RowsRead>;
}

/** What rows gave. */
export interface RowsRead {
  readonly parts: readonly TracePart[];
  readonly damaged: readonly DamagedRows[];
}

/** A part of one trace, as one block has it. */
export interface TracePart {
  /** 32 hex digits. */
  readonly id: string;
  /** `tempopb.Trace`. */
  readonly bytes: Uint8Array;
}

/** The rows of one row group that are wanted: from `first` up to `last`. */
interface Piece {
  readonly index: number;
  /** Its own first row. */
  readonly start: number;
  readonly first: number;
  readonly last: number;
}

function* groupsOf({ row_groups: groups }: FileMetaData, from: number, to: number): Generator<Piece> {
  let start = 0;
  for (const [index, { num_rows: rows }] of groups.entries()) {
    const end = start + Number(rows);
    const [first, last] = [Math.max(from, start), Math.min(to, end)];
    if (first < last) yield { index, start, first, last };
    start = end;
  }
}

/** Where reading goes on: behind the page; behind the row group if it was not even opened. */
function damagedRows(error: unknown, row: number, { start, last }: Piece): DamagedRows {
  const next = error instanceof DamagedPage ? error.next : undefined;
  const end = next === undefined ? last : Math.min(start + next, last);
  return { start: row, end: Math.max(end, row + 1), reason: messageOf(error) };
}

/** Not what says that the file cannot be read at all, or need not be. */
const isDamage = (error: unknown): boolean =>
  !(error instanceof PluginError || (error instanceof DOMException && error.name === "AbortError"));

/** Reads with one cursor for each row group that the rows touch; rows of damaged pages are passed over. */
function createCursor<Item>(opening: Opening, itemReader: (columns: RowGroup["columns"]) => () => Item) {
  let described: Described | undefined;
  let open: { index: number; row: number | undefined; group: RowGroup; read: () => Item } | undefined;
  const opened = async (index: number) => {
    described ??= await opening();
    if (open?.index === index) return open;
    const group = groupReader(described, index);
    const one = { index, row: undefined, group, read: itemReader(group.columns) };
    await group.open();
    open = one;
    return open;
  };
  /** Reads from `row` on, until something is damaged. */
  const readOn = async (items: Item[], row: number, { start, last, index }: Piece): Promise<void> => {
    const one = await opened(index);
    const { row: before } = one;
    one.row = undefined;
    if (before !== row) await one.group.move(before === undefined ? undefined : before - start, row - start);
    await one.group.fetch(last - start);
    for (let next = row; next < last; next++) items.push(one.read());
    one.row = last;
  };
  return {
    get row() {
      return open?.row ?? 0;
    },
    async read(from: number, to: number): Promise<{ items: Item[]; damaged: DamagedRows[] }> {
      const items: Item[] = [];
      const damaged: DamagedRows[] = [];
      described ??= await opening();
      for (const piece of groupsOf(described.metadata, from, to)) {
        for (let row = piece.first; row < piece.last; ) {
          const before = items.length;
          try {
            await readOn(items, row, piece);
            break;
          } catch (error) {
            if (!isDamage(error)) throw error;
            const rows = damagedRows(error, row + items.length - before, piece);
            damaged.push(rows);
            row = rows.end;
          }
        }
      }
      return { items, damaged };
    },
  };
}

type RowGroup = ReturnType<typeof createRowGroupReader>;

function groupReader({ file, metadata, schema }: Described, index: number): RowGroup {
  const group = metadata.row_groups[index];
  if (group === undefined) throw new Error(`there is no row group ${index}`);
  return createRowGroupReader(file, group, schema);
}

/** Reads traces. @param opening a damaged file is an error of the kind `invalid` */
export function createTraceRows(opening: Opening, meta: BlockMeta, format: Format): TraceRows {
  // One for all rows that are read at once: a buffer for each would be the most of a step's garbage.
  const out = new MessageBuffer();
  const cursor = createCursor(opening, (columns) => {
    const write = traceWriter(columns, meta, format);
    return () => {
      const start = out.length;
      try {
        return { start, id: write(out) };
      } catch (error) {
        out.length = start;
        throw error;
      }
    };
  });
  return {
    get row() {
      return cursor.row;
    },
    read: (start, end) =>
      intact(meta.blockID, async () => {
        out.length = 0;
        const { items, damaged } = await cursor.read(start, end);
        const bytes = out.view();
        const parts = items.map(({ id, start: from }, at) => ({
          id,
          bytes: bytes.subarray(from, items[at + 1]?.start),
        }));
        return { parts, damaged };
      }),
  };
}

/** Reads ids as 16 bytes each, without separators, and without an object for each of them. */
export function idReader(opening: Opening, signal?: AbortSignal) {
  const ids = createIds();
  const cursor = createCursor(opening, (columns) => {
    const id = columns.value("TraceID");
    return () => id.takeText(0, ids);
  });
  return async (start: number, end: number): Promise<Uint8Array> => {
    signal?.throwIfAborted();
    ids.begin(end - start);
    const { damaged } = await cursor.read(start, end);
    for (const { reason } of damaged) throw new Error(reason);
    return ids.all();
  };
}

const ID_BYTES = 16;

/** Ids one after another; shorter ones have zeros in front. */
function createIds() {
  let [packed, end] = [new Uint8Array(), 0];
  const blobPart = (_: number, source: Uint8Array, from: number, to: number): void => {
    end += ID_BYTES;
    for (let back = 1; back <= Math.min(to - from, ID_BYTES); back++)
      packed[end - back] = source[to - back] ?? 0;
  };
  return {
    blobPart,
    blob: (field: number, value: Uint8Array) => blobPart(field, value, 0, value.length),
    begin(count: number): void {
      [packed, end] = [new Uint8Array(count * ID_BYTES), 0];
    },
    all: () => packed,
  };
}

/** Errors while a file is decoded mean that it is damaged, unless it could not be read at all. */
export async function intact<Result>(block: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (!isDamage(cause)) throw cause;
    const reason = messageOf(cause);
    throw new PluginError("invalid", `block ${block} cannot be read: ${reason}`, { cause });
  }
}
