/** The rows of one row group, in order. Only the columns that are asked for are opened, and each is read by itself. */
import type { AsyncBuffer, FileMetaData } from "hyparquet";
import { Column } from "./column.ts";
import type { Schema } from "./schema.ts";
import { NO_BYTES, type TextTarget } from "./values.ts";
import { setWords, type Words } from "./words.ts";

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
  /** Sets the words to the integer of the next entry; to zero if it has none. */
  takeWords(into: Words): void;
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
  /** False where the file's statistics say that no entry of a column has a value, or there is no such column. */
  isFilled(path: string): boolean;
  value(path: string): ValueReader;
  /** All columns below it must have been asked for before the first row is read. */
  group(path: string): GroupReader;
}

const NO_GROUP: GroupReader = { each: () => {} };

const ABSENT: ValueReader = {
  hasValue: false,
  goesOn: false,
  isText: false,
  take: () => undefined,
  takeWords: (into) => setWords(into, undefined),
  takeText: (field, out) => out.blob(field, NO_BYTES),
};

interface RowGroupReader {
  readonly columns: Columns;
  /** Opens the columns; to be called once, after all have been asked for. */
  open(): Promise<void>;
  /** Goes to a row; cheaply when it is at one before it, in the same pages. */
  move(from: number | undefined, to: number): Promise<void>;
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
  const chunkOf = (path: string): Chunk | undefined => group.columns[leaves.get(path)?.index ?? -1];
  const isFilled = (path: string): boolean => hasValues(chunkOf(path));
  const empty = emptyGroups({ leaves, groups }, isFilled);
  const columns: Columns = {
    isFilled,
    value(path) {
      const leaf = leaves.get(path);
      const chunk = chunkOf(path);
      if (leaf === undefined || chunk === undefined || empty.some((one) => isBelow(path, one))) return ABSENT;
      const column = new Column(file, chunk, leaf);
      wanted.set(path, column);
      return column;
    },
    group(path) {
      const levels = groups.get(path);
      if (levels === undefined || empty.some((one) => one === path || isBelow(path, one))) return NO_GROUP;
      let below: Column[] | undefined;
      return {
        each(read, given) {
          below ??= [...wanted].flatMap(([name, column]) => (isBelow(name, path) ? column : []));
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
    async move(from, to) {
      for (const column of wanted.values()) await column.move(from, to);
    },
    async fetch(end) {
      for (const column of wanted.values()) await column.fetch(end);
    },
  };
}

type Chunk = FileMetaData["row_groups"][number]["columns"][number];

const isBelow = (path: string, group: string): boolean => path.startsWith(`${group}.`);

/** Whether some entry of a column has a value, or may have one. */
function hasValues(chunk: Chunk | undefined): boolean {
  const details = chunk?.meta_data;
  return details !== undefined && details.statistics?.null_count !== details.num_values;
}

/** The groups without any element: those where a column that every element has is never filled. */
const emptyGroups = ({ leaves, groups }: Schema, isFilled: (path: string) => boolean): readonly string[] =>
  [...groups].flatMap(([path, { definition }]) => {
    const own = [...leaves].filter(([name, leaf]) => isBelow(name, path) && leaf.definition === definition);
    return own.some(([name]) => !isFilled(name)) ? [path] : [];
  });
