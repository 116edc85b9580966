/** The rows of one row group, in order. Only the columns that are asked for are opened, and each is read by itself. */
import type { AsyncBuffer, FileMetaData } from "hyparquet";
import { Column } from "./column.ts";
import type { Schema } from "./schema.ts";
import { NO_BYTES, type TextTarget } from "./values.ts";

/** Reads the values of one column, row by row. A column that the file does not have gives nothing. */
export interface ValueReader {
  /** Whether the next entry is a value, or begins a list that has some. */
  readonly hasValue: boolean;
  /** Whether the next entry is another value of the list that the last one was of. */
  readonly goesOn: boolean;
  /** Whether its values are texts or other bytes. */
  readonly isText: boolean;
  /** The value of the next entry; `undefined` if it has none. */
  take(): unknown;
  /** Writes the text of the next entry as a field of a message; an empty one if it has none. */
  takeText(field: number, out: TextTarget): void;
}

/** A repeated group of columns. */
interface GroupReader {
  /** Calls `read` for each of its elements; `read` must take exactly one entry, or list, of each of its columns. */
  each<Given>(read: (given: Given) => void, given: Given): void;
}

/** The columns that were asked for, by path. */
export interface Columns {
  value(path: string): ValueReader;
  /** All columns below it must have been asked for before the first row is read. */
  group(path: string): GroupReader;
}

const ABSENT: ValueReader = {
  hasValue: false,
  goesOn: false,
  isText: false,
  take: () => undefined,
  takeText: (field, out) => out.blob(field, NO_BYTES),
};

interface RowGroupReader {
  readonly columns: Columns;
  /** Opens the columns; to be called once, after all have been asked for. */
  open(): Promise<void>;
  seek(row: number): Promise<void>;
  /** Fetches what is needed for the rows up to `end`. */
  fetch(end: number): Promise<void>;
}

/** Reads one row group; only the columns that are asked for are fetched. */
export function createRowGroupReader(
  file: AsyncBuffer,
  group: FileMetaData["row_groups"][number],
  { leaves, groups }: Schema,
): RowGroupReader {
  const wanted = new Map<string, Column>();
  const columns: Columns = {
    value(path) {
      const leaf = leaves.get(path);
      const chunk = group.columns[leaf?.index ?? -1];
      if (leaf === undefined || chunk === undefined) return ABSENT;
      const column = new Column(file, chunk, leaf);
      wanted.set(path, column);
      return column;
    },
    group(path) {
      const levels = groups.get(path);
      let below: Column[] | undefined;
      return {
        each(read, given) {
          if (levels === undefined) return;
          below ??= [...wanted].flatMap(([name, column]) => (name.startsWith(`${path}.`) ? column : []));
          const guide = below[0];
          if (guide === undefined) return;
          if (guide.definition < levels.definition) {
            for (const column of below) column.pass();
            return;
          }
          do read(given);
          while (guide.repetition === levels.repetition);
        },
      };
    },
  };
  return {
    columns,
    async open() {
      for (const column of wanted.values()) await column.open();
    },
    async seek(row) {
      for (const column of wanted.values()) await column.seek(row);
    },
    async fetch(end) {
      for (const column of wanted.values()) await column.fetch(end);
    },
  };
}
