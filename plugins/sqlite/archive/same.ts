/** Whether a ledger still has the rows that were saved. */
import type { Database } from "bun:sqlite";
import type { Range } from "contextcore";
import { type Ledger, openLedger } from "../ledger.ts";
import { toLine } from "../row.ts";

const FIRST = -(2n ** 63n);
const SOME = 2_000;

/** What stands for the rows of that time: the SHA-256 of the lines that an export would write of them. */
export function linesNow(database: Database, ledger: Ledger, range: Range): { rows: number; sha256: string } {
  const open = openLedger(database, ledger);
  const hasher = new Bun.CryptoHasher("sha256");
  let rows = 0;
  for (let after = FIRST; ; ) {
    const some = open.rows(after, range, SOME);
    for (const { rowid, row, time } of some) {
      if (time < range.from || time >= range.to) continue;
      hasher.update(toLine({ table: ledger.table, rowid, row }));
      rows += 1;
    }
    const last = some.at(-1);
    if (last === undefined || some.length < SOME) return { rows, sha256: hasher.digest("hex") };
    after = last.rowid;
  }
}
