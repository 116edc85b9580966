/** The rows of one row group, in order: columns are opened as they are asked for, and each is read by itself. */
import type { AsyncBuffer, FileMetaData } from "hyparquet";
import { Column } from "./column.ts";
import type { Schema } from "./schema.ts";

/** What a row's values are read with; a column that the file does not have gives nothing. */
export interface ValueReader {
  take(): unknown;
  values(): readonly unknown[];
}

/** A repeated group of columns. */
export interface GroupReader {
  /** Calls `read` for each of its elements; `read` must take exactly one entry, or list, of each of its columns. */
  each(read: () => void): void;
}

export interface Columns {
  value(path: string): ValueReader;
  /** All columns below it must have been asked for before the first row is read. */
  group(path: string): GroupReader;
}

const ABSENT: ValueReader = { take: () => undefined, values: () => [] };

export interface RowGroupReader {
  readonly columns: Columns;
  /** Opens the columns; to be called once, after all have been asked for. */
  open(): Promise<void>;
  seek(row: number): Promise<void>;
  /** Fetches what is needed for the rows up to `end`. */
  fetch(end: number): Promise<void>;
}

export function createRowGroupReader(
  file: AsyncBuffer,
  group: FileMetaData["row_groups"][number],
  { leaves, groups }: Schema,
): RowGroupReader {
  const wanted = new Map<string, { column?: Column }>();
  const opened = (): Column[] => [...wanted.values()].flatMap(({ column }) => column ?? []);
  const columns: Columns = {
    value(path) {
      if (!leaves.has(path)) return ABSENT;
      const slot: { column?: Column } = {};
      wanted.set(path, slot);
      return { take: () => columnOf(slot, path).take(), values: () => columnOf(slot, path).values() };
    },
    group(path) {
      const levels = groups.get(path);
      let below: Column[] | undefined;
      return {
        each(read) {
          if (levels === undefined) return;
          below ??= [...wanted].flatMap(([name, { column }]) =>
            name.startsWith(`${path}.`) ? (column ?? []) : [],
          );
          const [guide] = below;
          if (guide === undefined) return;
          if (guide.definition < levels.definition) {
            for (const column of below) column.pass();
            return;
          }
          do read();
          while (guide.repetition === levels.repetition);
        },
      };
    },
  };
  return {
    columns,
    async open() {
      for (const [path, slot] of wanted) {
        const leaf = leaves.get(path);
        const chunk = group.columns[leaf?.index ?? -1];
        if (leaf !== undefined && chunk !== undefined) slot.column = await Column.open(file, chunk, leaf);
      }
    },
    async seek(row) {
      for (const column of opened()) await column.seek(row);
    },
    async fetch(end) {
      for (const column of opened()) await column.fetch(end);
    },
  };
}

function columnOf({ column }: { column?: Column }, path: string): Column {
  if (column === undefined) throw new Error(`the column ${path} is not open`);
  return column;
}
