/** An export of databases: each as a file, and the rows of a ledger as lines. */
import { createReadStream, statSync } from "node:fs";
import {
  type Cursor,
  decodeCursor,
  type ExportRequest,
  encodeCursor,
  type LineRecords,
  nanoseconds,
  PluginError,
  type Problem,
  type Range,
  type Start,
  type Step,
  v,
} from "contextcore";
import { continues, cutsOf } from "./archive/entries.ts";
import { copyBytes, pageBytes, takeCopy } from "./copy.ts";
import { withDatabase } from "./database.ts";
import { examine } from "./examine.ts";
import { databaseFiles, rowsFile } from "./files.ts";
import type { Health } from "./health.ts";
import { breaksIn, type Ledger, type LedgerRow, openLedger } from "./ledger.ts";
import { fromCell, type Row, toCell, toLine } from "./row.ts";

/** What an instance saves. */
export interface Saved {
  /** A file, or a pattern of files. */
  readonly path: string;
  readonly save: "file" | "rows" | "both";
  readonly ledger: Ledger | undefined;
}

const work = v.object({
  path: v.string(),
  file: v.string(),
  /** Rows behind this place are to be read. Absent: the file is. */
  after: v.optional(nanoseconds),
  from: nanoseconds,
  to: nanoseconds,
});

/** One cursor for each database as a file, and one for its ledger. @throws PluginError */
export async function start(saved: Saved, { range }: ExportRequest, signal: AbortSignal): Promise<Start> {
  const problems: Problem[] = [];
  const files = databaseFiles(saved.path, (path, why) =>
    problems.push({ kind: "incomplete", reason: `It cannot be read: ${why}.`, items: [path] }),
  );
  signal.throwIfAborted();
  const [only] = files;
  if (files.length === 1 && only !== undefined) pageBytes(only.path);
  const times = { from: `${range.from}`, to: `${range.to}` };
  const cursors = files.flatMap(({ path, file }): Cursor[] => {
    const whole = { path, file, ...times, restart: "whole", temporaryBytes: copyBytes(path) };
    return [
      ...(saved.save === "rows" ? [] : [whole]),
      ...(savesRows(saved) ? [{ path, file, ...times, after: `${FIRST}` }] : []),
    ];
  });
  return { cursors, problems };
}

/** Whether there are rows to save. */
export const savesRows = ({ save, ledger }: Saved): boolean => ledger !== undefined && save !== "file";

/** Before every row: SQLite's own least number. */
const FIRST = -(2n ** 63n);

/** Reads a copy of the database from its beginning to its end. @throws PluginError */
export async function* read(cursor: Cursor, stepBytes: number, signal: AbortSignal): AsyncGenerator<Step> {
  const { path, file } = decodeCursor("sqlite", work, cursor);
  using copy = await takeCopy(path);
  const health = await examine(copy.path, signal);
  const bytes = statSync(copy.path).size;
  if (bytes === 0)
    yield { records: [{ kind: "bytes", file, bytes: new Uint8Array(), counts: { databases: 1 } }] };
  let counts: Record<string, number> = { databases: 1 };
  for await (const piece of createReadStream(copy.path, { highWaterMark: stepBytes, signal })) {
    yield { records: [{ kind: "bytes", file, bytes: piece, counts }] };
    counts = {};
  }
  yield { problems: problemsOf(path, health), notes: { [file]: wordsOf(health) } };
}

const problemsOf = (path: string, { flaws }: Health): Problem[] =>
  flaws.length === 0
    ? []
    : [
        {
          kind: "incomplete",
          reason: `SQLite finds the database damaged, and it was saved as it is: ${flaws.join("; ")}. \`sqlite3 FILE .recover\` may save what is left of it.`,
          items: [path],
        },
      ];

function wordsOf({ flaws, dangling, unchecked, tables, rows }: Health): string {
  if (flaws.length > 0) return "damaged";
  const missing =
    dangling.length === 0 ? "" : `, foreign keys of ${dangling.join(", ")} refer to rows that are not there`;
  const unknown = unchecked.length === 0 ? "" : `, not all of it could be checked (${unchecked.join("; ")})`;
  return `sound, ${tables} tables, ${rows} rows${missing}${unknown}`;
}

const ROWS = 2_000;

/** Reads some rows of the ledger. @throws PluginError */
export function step(
  cursor: Cursor,
  ledger: Ledger | undefined,
  { stepBytes, signal }: { readonly stepBytes: number; readonly signal: AbortSignal },
): Step {
  signal.throwIfAborted();
  const { path, file, after, ...range } = decodeCursor("sqlite", work, cursor);
  if (after === undefined || ledger === undefined)
    throw new PluginError("invalid", `sqlite: not a cursor of ${path}`);
  return withDatabase(path, "read", (database) => {
    const open = openLedger(database, ledger);
    const found = open.rows(after, range, ROWS);
    const taken = upTo(stepBytes, found, ledger);
    const last = taken.at(-1)?.row;
    if (last === undefined) return {};
    const isEnd = taken.length === found.length && found.length < ROWS;
    const rows = taken.filter(({ row: { time } }) => isWithin(time, range));
    const breaks = breaksIn(
      taken.map(({ row }) => row),
      (row) => open.before(row.rowid)?.row ?? lastArchived(path, ledger, row),
      ledger,
    );
    return {
      records: rows.length === 0 ? [] : [recordsOf(rows, rowsFile(file, ledger.table))],
      problems: broken(breaks, ledger),
      next: isEnd ? [] : [encodeCursor({ ...cursor, after: last.rowid })],
    };
  });
}

const isWithin = (time: bigint, { from, to }: Range): boolean => time >= from && time < to;

function recordsOf(rows: readonly Taken[], file: string): LineRecords {
  const times = rows.map(({ row: { time } }) => time);
  const [first = 0n] = times;
  return {
    file,
    text: rows.map(({ line }) => line).join(""),
    lines: rows.length,
    from: times.reduce((least, time) => (time < least ? time : least), first),
    to: times.reduce((most, time) => (time > most ? time : most), first) + 1n,
    counts: { rows: rows.length },
  };
}

interface Taken {
  readonly row: LedgerRow;
  readonly line: string;
}

function upTo(bytes: number, rows: readonly LedgerRow[], { table }: Ledger): Taken[] {
  const taken: Taken[] = [];
  let size = 0;
  for (const row of rows) {
    const line = toLine({ table, rowid: row.rowid, row: row.row });
    taken.push({ row, line });
    size += line.length;
    if (size >= bytes) break;
  }
  return taken;
}

/** Where rows were let go, what stood before the first row that is left: what it names, if the archive ends there. */
function lastArchived(path: string, { table, hash, previous }: Ledger, { row }: LedgerRow): Row | undefined {
  if (hash === undefined || previous === undefined) return undefined;
  const cuts = cutsOf(path, table);
  const named = row[previous] ?? null;
  if (continues(cuts, toCell(named))) return { [hash]: named };
  const end = cuts.at(-1)?.last.hash;
  return { [hash]: end === undefined ? null : fromCell(end) };
}

function broken(items: readonly string[], { table }: Ledger): Problem[] {
  if (items.length === 0) return [];
  const reason = `The chain of hashes of ${table} is broken: these rows do not name the hash of the row before them, so a row was changed, removed or added.`;
  return [{ kind: "incomplete", reason, items }];
}

/** A database is read as a whole or not at all, and so are the rows of one step: this is what they are called. */
export function nameOf(cursor: Cursor): string {
  const { path, after } = decodeCursor("sqlite", work, cursor);
  if (after === undefined) return `database ${path}`;
  return after === FIRST ? `rows of ${path}` : `rows of ${path} after row ${after}`;
}
