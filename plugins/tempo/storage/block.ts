/** One block, opened: its traces in the order of their ids, and where a certain one is. */
import { messageOf, PluginError, type Range } from "contextcore";
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync } from "hyparquet";
import { createIdIndex, type IdIndex } from "./id-index.ts";
import { createRowGroupReader } from "./parquet/row-group.ts";
import { readSchema, type Schema, timesOf } from "./parquet/schema.ts";
import { bytesOf } from "./parquet/values.ts";
import { type BlockMeta, type BlockStore, type Format, isKnown } from "./store.ts";
import { type TracePart, traceReader } from "./trace-row.ts";

/** A block whose footer and index are read; its rows are read when they are asked for. */
export interface Block {
  readonly id: string;
  readonly rows: number;
  /** About how many bytes a row has as a line of text. */
  readonly rowBytes: number;
  /** How many bytes it keeps in memory. */
  readonly indexBytes: number;
  /** Whether a trace in it may have a span in the range. */
  mayHold(range: Range): boolean;
  /** The row of a trace, if the block has it. */
  rowOf(id: string): Promise<number | undefined>;
  /** Reads rows one after another; each reader has its own place. */
  reader(): TraceRows;
}

/** A place in a block that moves forward cheaply and backward at a cost. */
export interface TraceRows {
  /** The row that is read next. */
  readonly row: number;
  /** The traces of the rows from `start` up to `end`. */
  read(start: number, end: number): Promise<TracePart[]>;
}

/** Most bytes that are read at once: a dictionary, or the pages of some rows. */
const SLICE_BYTES_MAX = 512 << 20;

/** How many times as long as its part of a block the line of a trace is. */
const TEXT_RATIO = 9;

/** Opens a block and indexes its ids. @throws PluginError `invalid` when its format is unknown or its file is damaged */
export async function openBlock(store: BlockStore, meta: BlockMeta, signal: AbortSignal): Promise<Block> {
  const { blockID, format, size } = meta;
  if (!isKnown(format)) {
    throw new PluginError("invalid", `block ${blockID} in ${store.place} has the format ${format}`);
  }
  return intact(blockID, async () => {
    const file = withinItsSize(await store.open(meta, signal));
    const metadata = await parquetMetadataAsync(file);
    const source: Source = { file, metadata, schema: readSchema(metadata), meta, format };
    const rows = Number(metadata.num_rows);
    const index = await createIdIndex(rows, idReader(source, signal));
    const times = timesOf(metadata);
    return {
      id: blockID,
      rows,
      rowBytes: rows === 0 ? 0 : (size / rows) * TEXT_RATIO,
      indexBytes: index.bytes,
      mayHold: (range) => times === undefined || (times.from < range.to && times.to >= range.from),
      rowOf: (id) => intact(blockID, () => rowOf(source, index, id)),
      reader: () => createTraceRows(source),
    };
  });
}

/** A damaged file may claim parts that it does not have: they must not exhaust the memory. */
const withinItsSize = ({ byteLength, slice }: AsyncBuffer): AsyncBuffer => ({
  byteLength,
  slice(from, to = byteLength) {
    if (from < 0 || to > byteLength || to - from > SLICE_BYTES_MAX)
      throw new Error(`bytes ${from} to ${to} of ${byteLength} are asked for`);
    return slice(from, to);
  },
});

interface Source {
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly schema: Schema;
  readonly meta: BlockMeta;
  readonly format: Format;
}

/** The row groups of a file, and which of its rows they have. */
function* groupsOf({
  row_groups: groups,
}: FileMetaData): Generator<{ start: number; end: number; index: number }> {
  let start = 0;
  for (const [index, { num_rows: rows }] of groups.entries()) {
    yield { start, end: start + Number(rows), index };
    start += Number(rows);
  }
}

/** Reads with one cursor for each row group that the rows touch. */
function createCursor<Item>(source: Source, itemReader: (columns: RowGroup["columns"]) => () => Item) {
  let open: { index: number; row: number; group: RowGroup; read: () => Item } | undefined;
  return {
    get row() {
      return open?.row ?? 0;
    },
    async read(from: number, to: number): Promise<Item[]> {
      const items: Item[] = [];
      for (const { start, end, index } of groupsOf(source.metadata)) {
        const [first, last] = [Math.max(from, start), Math.min(to, end)];
        if (first >= last) continue;
        if (open?.index !== index) {
          const group = groupReader(source, index);
          open = { index, row: NOWHERE, group, read: itemReader(group.columns) };
          await group.open();
        }
        if (open.row > first || first - open.row > FORWARD_MAX) {
          await open.group.seek(first - start);
          open.row = first;
        }
        await open.group.fetch(last - start);
        for (; open.row < first; open.row++) open.read();
        for (let row = first; row < last; row++) items.push(open.read());
        open.row = last;
      }
      return items;
    },
  };
}

/** Rows that are read to get forward; for more it is cheaper to decode another page. */
const FORWARD_MAX = 256;
const NOWHERE = Number.MAX_SAFE_INTEGER;

type RowGroup = ReturnType<typeof createRowGroupReader>;

function groupReader({ file, metadata, schema }: Source, index: number): RowGroup {
  const group = metadata.row_groups[index];
  if (group === undefined) throw new Error(`there is no row group ${index}`);
  return createRowGroupReader(file, group, schema);
}

function createTraceRows(source: Source): TraceRows {
  const cursor = createCursor(source, (columns) => traceReader(columns, source.meta, source.format));
  return {
    get row() {
      return cursor.row;
    },
    read: (start, end) => intact(source.meta.blockID, () => cursor.read(start, end)),
  };
}

/** Reads ids as 16 bytes each, without separators. */
function idReader(source: Source, signal: AbortSignal): (start: number, end: number) => Promise<Uint8Array> {
  const cursor = createCursor(source, (columns) => {
    const id = columns.value("TraceID");
    return () => id.take();
  });
  return async (start, end) => {
    signal.throwIfAborted();
    const ids = await cursor.read(start, end);
    const packed = new Uint8Array(ids.length * 16);
    ids.forEach((id, at) => {
      const bytes = bytesOf(id).subarray(-16);
      packed.set(bytes, at * 16 + 16 - bytes.length);
    });
    return packed;
  };
}

async function rowOf(source: Source, index: IdIndex, id: string): Promise<number | undefined> {
  const { start, end } = index.rowsAround(id);
  if (index.exact || start >= end) return start < end ? start : undefined;
  const ids = Buffer.from(await idReader(source, new AbortController().signal)(start, end));
  const wanted = Buffer.from(id, "hex");
  for (let row = start; row < end; row++) {
    if (ids.subarray((row - start) * 16, (row - start + 1) * 16).equals(wanted)) return row;
  }
  return undefined;
}

/** Errors while a file is decoded mean that it is damaged, unless it could not be read at all. */
async function intact<Result>(block: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof PluginError || (cause instanceof DOMException && cause.name === "AbortError"))
      throw cause;
    const reason = messageOf(cause);
    throw new PluginError("invalid", `block ${block} cannot be read: ${reason}`, { cause });
  }
}
