/** The rows at the beginning of a ledger that are older than a time. */
import type { Database } from "bun:sqlite";
import { toRfc3339 } from "contextcore";
import { quoted } from "../database.ts";
import { type Ledger, type LedgerRow, openLedger } from "../ledger.ts";
import { toCell } from "../row.ts";
import type { CutEntry } from "./entries.ts";

/** Rows from the first one on, without a gap. */
export interface Prefix {
  readonly rows: number;
  readonly first: LedgerRow;
  readonly last: LedgerRow;
}

/** Later than every time that a ledger may have. ns */
const EVER = 7_258_118_400_000_000_000n;
const FIRST = -(2n ** 63n);
const SOME = 500;

/**
 * Those before the first row that is not older. The newest row of all is never among them: the next one that is appended names its hash.
 * @returns `undefined` when there are none
 */
export function prefixBefore(database: Database, ledger: Ledger, before: bigint): Prefix | undefined {
  const open = openLedger(database, ledger);
  const stop = firstSince(open, before) ?? lastRowid(database, ledger);
  if (stop === undefined) return undefined;
  const [first] = open.rows(FIRST, { from: 0n, to: EVER }, 1);
  const last = open.rowBefore(stop);
  if (first === undefined || last === undefined) return undefined;
  const sql = `SELECT count(*) AS n FROM ${quoted(ledger.table)} WHERE rowid < ?`;
  const rows = database.query<{ n: bigint }, [bigint]>(sql).get(stop)?.n ?? 0n;
  return { rows: Number(rows), first, last };
}

function firstSince(
  { rows }: Pick<ReturnType<typeof openLedger>, "rows">,
  before: bigint,
): bigint | undefined {
  for (let after = FIRST; ; ) {
    const some = rows(after, { from: before, to: EVER }, SOME);
    const found = some.find(({ time }) => time >= before);
    const last = some.at(-1);
    if (found !== undefined || last === undefined) return found?.rowid;
    after = last.rowid;
  }
}

const lastRowid = (database: Database, { table }: Ledger): bigint | undefined =>
  database.query<{ n: bigint | null }, []>(`SELECT max(rowid) AS n FROM ${quoted(table)}`).get()?.n ??
  undefined;

/** The ends of a cut, for people and for whoever proves the chain. */
export const endsOfCut = (
  { rows, first, last }: Prefix,
  ledger: Ledger,
): Pick<CutEntry, "table" | "rows" | "first" | "last"> => ({
  ...{ table: ledger.table, rows },
  first: endOf(first, ledger),
  last: endOf(last, ledger),
});

function endOf({ rowid, row, time }: LedgerRow, { id, hash, previous }: Ledger): CutEntry["first"] {
  const named = Object.entries({ id, hash, previous }).flatMap(([name, column]) =>
    column === undefined ? [] : [[name, toCell(row[column] ?? null)]],
  );
  return { rowid: `${rowid}`, time: toRfc3339(time), ...Object.fromEntries(named) };
}
