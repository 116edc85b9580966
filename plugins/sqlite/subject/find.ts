/** Finds a person's rows in the databases of an instance. */
import { type FindRequest, type Found, PluginError, type Range, v } from "contextcore";
import { withDatabase } from "../database.ts";
import type { Saved } from "../export.ts";
import { databaseFiles, isPattern } from "../files.ts";
import type { Ledger } from "../ledger.ts";
import { cell } from "../row.ts";
import { timeOf } from "../times.ts";
import { placesIn } from "./places.ts";
import { type PersonsRow, personsRows, placesOf } from "./rows.ts";

/** By what rows are found again when they are to be erased. */
export const reference = v.object({
  path: v.string(),
  /** Where the person shows up, with `{id}`. */
  where: v.string(),
  table: v.string(),
  /** They go with rows of this table. */
  via: v.optional(v.string()),
  keys: v.array(v.array(cell)),
});

/** So many rows are one thing to erase. */
const ROWS = 500;

/** Finds them, each once. Rows of other tables than the ledger have no time, so they are found whatever the range is. @throws PluginError */
export async function* findRows(
  { path: option, ledger }: Saved,
  { id, where, range }: FindRequest,
  signal: AbortSignal,
): AsyncGenerator<Found> {
  const places = placesIn(where, id);
  const isOneOfMany = isPattern(option);
  const missed = (path: string, why: string): never => {
    throw new PluginError("refused", `sqlite: ${path} cannot be read: ${why}`);
  };
  for (const { path, file } of databaseFiles(option, missed)) {
    signal.throwIfAborted();
    const rows = withDatabase(path, "read", (database) => {
      const own = placesOf(database, places, isOneOfMany);
      return [...personsRows(database, own, signal)].filter((row) => isWithin(row, ledger, range));
    });
    for (const some of chunksOf(rows)) yield foundOf(some, { path, where, file: file.replaceAll(id, "…") });
  }
}

function isWithin({ table, row }: PersonsRow, ledger: Ledger | undefined, range: Range | undefined): boolean {
  if (ledger === undefined || range === undefined || table.name !== ledger.table) return true;
  const time = timeOf(row[ledger.time] ?? null);
  return time === undefined || (time >= range.from && time < range.to);
}

/** Rows of one table that were found in one way. */
function* chunksOf(rows: readonly PersonsRow[]): Generator<readonly PersonsRow[]> {
  const kinds = Map.groupBy(rows, ({ table, via }) => JSON.stringify([table.name, via]));
  for (const all of kinds.values())
    for (let at = 0; at < all.length; at += ROWS) yield all.slice(at, at + ROWS);
}

function foundOf(
  rows: readonly PersonsRow[],
  { path, where, file }: { readonly path: string; readonly where: string; readonly file: string },
): Found {
  const [first] = rows;
  const { table, via } = { table: first?.table.name ?? "", via: first?.via };
  return {
    unit: "rows",
    count: rows.length,
    where: `${inWords({ table, via })} of ${file}`,
    reference: {
      ...{ path, where, table, keys: rows.map(({ key }) => [...key]) },
      ...(via === undefined ? {} : { via }),
    },
  };
}

/** Where rows are. */
export const inWords = ({
  table,
  via,
}: {
  readonly table: string;
  readonly via?: string | undefined;
}): string => (via === undefined ? `the table ${table}` : `the table ${table} (they go with rows of ${via})`);
