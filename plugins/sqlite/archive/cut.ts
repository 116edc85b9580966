/** Takes the oldest rows out of one database: in one transaction, after which nothing of them is left in its files. */
import type { Database } from "bun:sqlite";
import { type ExpireAnswer, type ExpireRequest, fromMs, isKind, PluginError, toRfc3339 } from "contextcore";
import { quoted, withDatabase } from "../database.ts";
import type { Ledger } from "../ledger.ts";
import { tidyFullText } from "../subject/full-text.ts";
import { remainsIn } from "../subject/remains.ts";
import { heedingRules, NotRemoved, triggersOn, watchTables } from "../subject/remove.ts";
import { foldLog, heedRules, inTransaction, LOCKED, STILL_READ } from "../transaction.ts";
import { type CutEntry, continues, cutsOf, noteCut } from "./entries.ts";
import { endsOfCut, type Prefix, prefixBefore } from "./prefix.ts";
import { referencesTo } from "./rules.ts";
import { linesNow } from "./same.ts";
import { writtenAnewInPlace } from "./written-anew.ts";

/** What became of the rows of one database. */
interface Cut extends Pick<ExpireAnswer, "state" | "reason" | "isOutdated"> {
  readonly rows: number;
}

/** The ledger is not what was saved, or what was planned for. */
class Changed extends Error {}

/** @param expected what stands for the lines that were saved; absent: it is not known @throws PluginError */
export async function cut(
  path: string,
  ledger: Ledger,
  request: ExpireRequest,
  expected?: string,
): Promise<Cut> {
  const prefix = withDatabase(path, "read", (one) => prefixBefore(one, ledger, request.before));
  const cuts = cutsOf(path, ledger.table);
  if (prefix === undefined)
    return cuts.length === 0 ? { state: "expired", rows: 0 } : folded(path, ledger, 0);
  const entry = entryFor(prefix, ledger, request);
  if (!continues(cuts, entry.first.previous)) return { state: "impossible", rows: 0, reason: BROKEN };
  await noteCut(path, entry);
  return failing(() => {
    withDatabase(path, "write", (database) => {
      heedRules(database);
      inTransaction(database, () => {
        requireSame(database, ledger, { entry, before: request.before, expected });
        removePrefix(database, ledger, prefix);
      });
    });
    return folded(path, ledger, prefix.rows);
  });
}

const BROKEN =
  "The oldest row does not name the hash of the last one that was archived, so rows were removed or changed in between: nothing was removed.";

function failing(work: () => Cut): Cut {
  try {
    return work();
  } catch (error) {
    if (error instanceof NotRemoved) return { state: "impossible", rows: 0, reason: error.message };
    if (error instanceof Changed) return { state: "owed", rows: 0, reason: error.message, isOutdated: true };
    if (isKind(error, "temporary")) return { state: "owed", rows: 0, reason: LOCKED };
    throw error;
  }
}

const entryFor = (prefix: Prefix, ledger: Ledger, { before, saved }: ExpireRequest): CutEntry => ({
  ...endsOfCut(prefix, ledger),
  before: toRfc3339(before),
  at: toRfc3339(fromMs(Date.now())),
  ...(saved?.snapshot !== undefined && { snapshot: saved.snapshot }),
});

interface Expected {
  readonly entry: CutEntry;
  readonly before: bigint;
  readonly expected: string | undefined;
}

/** @throws Changed, NotRemoved */
function requireSame(database: Database, ledger: Ledger, { entry, before, expected }: Expected): void {
  const now = prefixBefore(database, ledger, before);
  const isSame =
    now !== undefined &&
    Bun.deepEquals(
      endsOfCut(now, ledger),
      (({ table, rows, first, last }) => ({ table, rows, first, last }))(entry),
    );
  if (!isSame) throw new Changed("The ledger has changed meanwhile: nothing was removed.");
  if (expected !== undefined && linesNow(database, ledger, { from: 0n, to: before }).sha256 !== expected)
    throw new Changed(DIFFERS);
  const rule = referencesTo(database, ledger, now.last.rowid);
  if (rule !== undefined) throw new NotRemoved(rule);
}

const DIFFERS =
  "Rows of that time were appended, changed or removed since they were saved, so the snapshot is not all that there is of them: nothing was removed.";

function removePrefix(database: Database, ledger: Ledger, { rows, last }: Prefix): void {
  const { table } = ledger;
  const where = `FROM ${quoted(table)} WHERE rowid <= ?`;
  const watched = watchTables(database, [table]);
  heedingRules(database, table, () => database.query(`DELETE ${where}`).run(last.rowid));
  // A trigger may pass rows over without an error.
  if (database.query(`SELECT 1 ${where} LIMIT 1`).get(last.rowid) !== null)
    throw new NotRemoved(`A trigger of the table ${table} leaves rows in it: nothing was removed.`);
  watched.requireOnly(new Map([[table, rows]]));
  tidyFullText(database, [table]);
}

/** Writes the file anew, and empties the log: then nothing of them is left in either. What is removed already is said, whatever fails. */
function folded(path: string, ledger: Ledger, rows: number): Cut {
  try {
    return foldedNow(path, ledger, rows);
  } catch (error) {
    if (error instanceof PluginError) return { state: "owed", rows, reason: `${NOT_ANEW}${error.message}.` };
    throw error;
  }
}

const NOT_ANEW =
  "They are removed, and the file could not be written anew, so it may still have bytes of them: ";

function foldedNow(path: string, ledger: Ledger, rows: number): Cut {
  const { isFolded, triggers } = withDatabase(path, "write", (database) => {
    heedRules(database);
    writtenAnewInPlace(database);
    return { isFolded: foldLog(database), triggers: triggersOn(database, ledger.table) };
  });
  if (!isFolded) return { state: "owed", rows, reason: STILL_READ };
  const left = remainsOf(path, cutsOf(path, ledger.table).at(-1));
  if (left !== undefined) return { state: "owed", rows, reason: left };
  if (rows === 0 || triggers.length === 0) return { state: "expired", rows };
  return { state: "expired", rows, reason: `Triggers of the database ran with it: ${triggers.join(", ")}.` };
}

/** What SQLite has not overwritten, as far as the ends of a cut show it. The last hash stands in the row that is left. */
function remainsOf(path: string, last: CutEntry | undefined): string | undefined {
  if (last === undefined) return undefined;
  const texts = [last.first.id, last.first.hash, last.last.id].filter((one) => typeof one === "string");
  return texts.map((text) => remainsIn(path, text)).find((one) => one?.isOwed)?.reason;
}
