/** How wide a terminal is. One that does not know says 0 columns, and counts as the usual one. */

type Env = Readonly<Record<string, string | undefined>>;

interface Sized {
  readonly columns?: number;
  readonly rows?: number;
}

const USUAL = { columns: 80, rows: 24 } as const;

/** What `COLUMNS` says; absent: nothing that could be a width. */
export const columnsSaid = ({ COLUMNS = "" }: Env): number | undefined =>
  /^[1-9]\d{0,4}$/.test(COLUMNS) ? Number(COLUMNS) : undefined;

/** Columns to write in: `COLUMNS` wins over the terminal. */
export const columnsOf = (stream: Sized, env: Env): number =>
  columnsSaid(env) ?? (stream.columns || USUAL.columns);

/** Columns in which lines can be drawn anew: a line that the terminal broke itself could not be erased. */
export const columnsToDraw = (stream: Sized, env: Env): number =>
  Math.min(stream.columns || USUAL.columns, columnsSaid(env) ?? Number.POSITIVE_INFINITY);

/** Lines of its screen. */
export const rowsOf = (stream: Sized): number => stream.rows || USUAL.rows;

/** The same stream, with a size that prompts can draw on. */
export const withSize = (stream: NodeJS.WriteStream, columns: () => number): NodeJS.WriteStream =>
  new Proxy(stream, {
    get(target, name) {
      if (name === "columns") return columns();
      if (name === "rows") return rowsOf(target);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
