/** Lets go of the oldest rows of a ledger, so that the chain of its hashes can be proved across the cut. */
import type { Database } from "bun:sqlite";
import {
  type Expirable,
  type ExpireAnswer,
  type ExpireRequest,
  fromMs,
  isKind,
  toRfc3339,
} from "contextcore";
import { quoted, withDatabase } from "../database.ts";
import type { Saved } from "../export.ts";
import { databaseFiles } from "../files.ts";
import { countLedger, type Ledger } from "../ledger.ts";
import { tidyFullText } from "../subject/full-text.ts";
import { heedingRules, NotRemoved, triggersOn, watchTables } from "../subject/remove.ts";
import { foldLog, heedRules, inTransaction, LOCKED, STILL_READ } from "../transaction.ts";
import { type CutEntry, cutsOf, noteCut } from "./entries.ts";
import { endsOfCut, type Prefix, prefixBefore } from "./prefix.ts";

/** Counts them. @throws PluginError */
export function findExpired(
  { path: option, ledger }: Saved,
  request: ExpireRequest,
  signal: AbortSignal,
): Expirable {
  const objection = objectionTo(ledger, request);
  if (ledger === undefined || objection !== undefined)
    return { counts: {}, impossible: objection ?? NO_LEDGER };
  const found = databaseFiles(option).map(({ path }) => {
    signal.throwIfAborted();
    return withDatabase(path, "read", (database) => ({
      prefix: prefixBefore(database, ledger, request.before),
      forbids: forbiddenBy(database, ledger),
    }));
  });
  const times = found.flatMap(({ prefix }) => (prefix === undefined ? [] : [prefix.first.time]));
  const [first] = times;
  const forbids = found.find((one) => one.prefix !== undefined && one.forbids !== undefined)?.forbids;
  return {
    counts: { rows: found.reduce((sum, { prefix }) => sum + (prefix?.rows ?? 0), 0) },
    ...(first !== undefined && {
      oldest: times.reduce((least, time) => (time < least ? time : least), first),
    }),
    ...(forbids !== undefined && { impossible: forbids }),
  };
}

const NO_LEDGER = "Only the rows of a ledger have times: the option `ledger` says which table it is.";

function objectionTo(ledger: Ledger | undefined, { match, except = [] }: ExpireRequest): string | undefined {
  if (ledger === undefined) return NO_LEDGER;
  if (match !== undefined || except.length > 0)
    return "A ledger has no selectors: its rows go from the oldest on, or stay.";
  return undefined;
}

/** A trigger that lets no row go, as far as its text tells. */
function forbiddenBy(database: Database, { table }: Ledger): string | undefined {
  const sql = database.query<{ sql: string }, [string]>(
    "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = ?",
  );
  const name = triggersOn(database, table).find((one) => {
    const text = sql.get(one)?.sql ?? "";
    return /\bDELETE\s+ON\b/i.test(text) && /\bRAISE\s*\(\s*(?:ABORT|FAIL|ROLLBACK|IGNORE)/i.test(text);
  });
  return name === undefined ? undefined : `The table ${table} does not let rows go (by its trigger ${name}).`;
}

/** Lets go of them: of each database in one transaction, or not at all. @throws PluginError */
export async function expire(
  saved: Saved,
  request: ExpireRequest,
  signal: AbortSignal,
): Promise<ExpireAnswer> {
  const { ledger } = saved;
  const objection = objectionTo(ledger, request);
  if (ledger === undefined || objection !== undefined)
    return { state: "impossible", counts: {}, reason: objection ?? NO_LEDGER };
  const files = databaseFiles(saved.path);
  const differs = differenceFrom(
    files.map(({ path }) => path),
    ledger,
    request,
  );
  if (differs !== undefined) return { state: "owed", counts: {}, reason: differs };
  let rows = 0;
  for (const { path } of files) {
    signal.throwIfAborted();
    const answer = await cut(path, ledger, request);
    rows += answer.rows;
    if (answer.state !== "expired") return { state: answer.state, counts: { rows }, reason: answer.reason };
  }
  return { state: "expired", counts: { rows } };
}

/** What was appended since with an older time is in no snapshot. */
function differenceFrom(
  paths: readonly string[],
  ledger: Ledger,
  { before, saved }: ExpireRequest,
): string | undefined {
  if (saved === undefined) return undefined;
  const range = { from: 0n, to: before };
  const now = paths.map((path) => withDatabase(path, "read", (one) => countLedger(one, ledger, range)));
  const rows = now.reduce((sum, count) => sum + count, 0);
  if (rows === saved.counts.rows) return undefined;
  return `The ledger has ${rows} rows of that time, and the snapshot ${saved.counts.rows ?? 0}: nothing was removed.`;
}

type Cut = { readonly rows: number } & (
  | { readonly state: "expired" }
  | { readonly state: "owed" | "impossible"; readonly reason: string }
);

async function cut(path: string, ledger: Ledger, request: ExpireRequest): Promise<Cut> {
  const prefix = withDatabase(path, "read", (one) => prefixBefore(one, ledger, request.before));
  if (prefix === undefined) return { state: "expired", rows: 0 };
  const entry = entryFor(prefix, ledger, request);
  const objection = breakWith(cutsOf(path, ledger.table), entry);
  if (objection !== undefined) return { state: "impossible", rows: 0, reason: objection };
  await noteCut(path, entry);
  try {
    const isFolded = withDatabase(path, "write", (database) => {
      heedRules(database);
      inTransaction(database, () => removePrefix(database, ledger, prefix));
      return foldLog(database);
    });
    if (!isFolded) return { state: "owed", rows: prefix.rows, reason: STILL_READ };
    return { state: "expired", rows: prefix.rows };
  } catch (error) {
    if (error instanceof NotRemoved) return { state: "impossible", rows: 0, reason: error.message };
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

/** Why a cut does not continue those before it. Rows that were put back are cut once more. */
function breakWith(cuts: readonly CutEntry[], { first }: CutEntry): string | undefined {
  const above = cuts.findLast(({ last }) => BigInt(last.rowid) < BigInt(first.rowid));
  if (above === undefined || first.previous === undefined) return undefined;
  if (JSON.stringify(above.last.hash) === JSON.stringify(first.previous)) return undefined;
  return "The oldest row does not name the hash of the last one that was archived, so rows were removed or changed in between: nothing was removed.";
}

function removePrefix(database: Database, ledger: Ledger, { rows, last }: Prefix): void {
  const { table } = ledger;
  const where = `FROM ${quoted(table)} WHERE rowid <= ?`;
  const now = database.query<{ n: bigint }, [bigint]>(`SELECT count(*) AS n ${where}`).get(last.rowid)?.n;
  if (Number(now) !== rows) throw new NotRemoved("The ledger has changed meanwhile: nothing was removed.");
  const watched = watchTables(database, [table]);
  heedingRules(database, table, () => database.query(`DELETE ${where}`).run(last.rowid));
  watched.requireOnly(new Map([[table, rows]]));
  tidyFullText(database, [table]);
}
