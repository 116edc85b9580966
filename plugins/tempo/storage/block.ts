/** One block, opened: its traces in the order of their ids, and where a certain one is. */
import { PluginError, type Range } from "contextcore";
import { createTraceRows, idReader, intact, type Opening, type Rows, type TraceRows } from "./block-rows.ts";
import { describe } from "./footer.ts";
import { createIdIndex, type IdIndex } from "./id-index.ts";
import { timesOf } from "./parquet/schema.ts";
import { type BlockMeta, type BlockStore, isKnown } from "./store.ts";

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
  /** The rows of those of these traces that the block has. */
  rowsOf(ids: Iterable<string>): Promise<ReadonlyMap<string, number>>;
  /** The ids of the rows from `start` up to `end`, which stand in a column of their own. */
  idsOf(rows: Rows): Promise<string[]>;
  /** Reads rows one after another; each reader has its own place. */
  reader(): TraceRows;
}

/** How many times as long as its part of a block the line of a trace is. */
const TEXT_RATIO = 9;

/** Opens a block and indexes its ids. @throws PluginError `invalid` when its format is unknown or its file is damaged */
export async function openBlock(store: BlockStore, meta: BlockMeta, signal: AbortSignal): Promise<Block> {
  const { blockID, format, size } = meta;
  if (!isKnown(format)) {
    throw new PluginError("invalid", `block ${blockID} in ${store.place} has the format ${format}`);
  }
  return intact(blockID, async () => {
    const file = await store.open(meta, signal);
    const opening: Opening = () => describe(file, meta);
    const { rows, index, times } = await indexed(opening, signal);
    return {
      id: blockID,
      rows,
      rowBytes: rows === 0 ? 0 : (size / rows) * TEXT_RATIO,
      indexBytes: index.bytes,
      mayHold: (range) => times === undefined || (times.from < range.to && times.to >= range.from),
      rowsOf: (ids) => intact(blockID, () => rowsOf(opening, index, ids)),
      idsOf: (some) => intact(blockID, () => idsOf(opening, some)),
      reader: () => createTraceRows(opening, meta, format),
    };
  });
}

/** Apart from the block, so that nothing of it keeps the description that is read here. */
async function indexed(opening: Opening, signal: AbortSignal) {
  const described = await opening();
  const rows = Number(described.metadata.num_rows);
  const index = await createIdIndex(
    rows,
    idReader(async () => described, signal),
  );
  return { rows, index, times: timesOf(described.metadata) };
}

async function rowsOf(
  opening: Opening,
  index: IdIndex,
  ids: Iterable<string>,
): Promise<ReadonlyMap<string, number>> {
  const rows = new Map<string, number>();
  const read = idReader(opening);
  for (const id of ids) {
    const around = index.rowsAround(id);
    if (around.start >= around.end) continue;
    const row = index.exact ? around.start : await rowAmong(read, around, id);
    if (row !== undefined) rows.set(id, row);
  }
  return rows;
}

async function rowAmong(
  read: ReturnType<typeof idReader>,
  { start, end }: { readonly start: number; readonly end: number },
  id: string,
): Promise<number | undefined> {
  const ids = Buffer.from(await read(start, end));
  const wanted = Buffer.from(id, "hex");
  for (let row = start; row < end; row++) {
    if (ids.subarray((row - start) * 16, (row - start + 1) * 16).equals(wanted)) return row;
  }
  return undefined;
}

async function idsOf(opening: Opening, { start, end }: Rows): Promise<string[]> {
  const ids = Buffer.from(await idReader(opening)(start, end));
  return Array.from({ length: end - start }, (_, row) => ids.toString("hex", row * 16, (row + 1) * 16));
}
