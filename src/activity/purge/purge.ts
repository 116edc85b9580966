/** Removes runs, or what was said in them, for good: in batches, and so that nothing of it can be read from the files. */
import type { DatabaseSync } from "node:sqlite";
import { inTransaction } from "../database/open.ts";

/** What is to go. */
export interface Purge {
  /** Runs that began before, ms since 1970; absent: none. */
  readonly runsBefore?: number;
  /** What was said in runs that began before; the runs stay, and say so. */
  readonly contentBefore?: number;
  /** Runs that began in one of these times stay as they are, ms since 1970, half-open. */
  readonly except?: readonly TimeSpan[];
}

/** From one time to another, ms since 1970, half-open. */
interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

/** How many there are, or were. */
export interface PurgeCount {
  readonly runs: number;
  /** Runs of which only what was said goes. */
  readonly contents: number;
}

const BATCH = 1_000;

const runsIn = ({ except = [] }: Purge): string =>
  [
    "started < ? AND status <> 'running'",
    ...except.map(({ from, to }) => `NOT (started >= ${from} AND started < ${to})`),
  ].join(" AND ");
const contentsIn = (purge: Purge): string => `${runsIn(purge)} AND content <> 'none' AND started >= ?`;

/** What would go. A run that is not over stays, however long ago it began. */
export function countPurge(database: DatabaseSync, limits: Purge): PurgeCount {
  const { runsBefore = 0, contentBefore = 0 } = limits;
  const count = (sql: string, ...values: number[]): number =>
    Number(database.prepare(`SELECT count(*) AS count FROM runs WHERE ${sql}`).get(...values)?.count);
  return {
    runs: count(runsIn(limits), runsBefore),
    contents: count(contentsIn(limits), contentBefore, runsBefore),
  };
}

/**
 * Before which time runs go so that the database is about this large, from what a run takes on average; `undefined` when it is
 * not larger.
 * @param most bytes
 */
export function beforeForSize(database: DatabaseSync, most: number): number | undefined {
  const pragma = (name: string): number =>
    Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  const bytes = (pragma("page_count") - pragma("freelist_count")) * pragma("page_size");
  if (bytes <= most) return undefined;
  const runs = Number(database.prepare("SELECT count(*) AS count FROM runs").get()?.count);
  // The newest stays, however large it is.
  const gone = Math.min(Math.ceil((runs * (bytes - most)) / bytes), runs - 1);
  const first = database.prepare("SELECT started FROM runs ORDER BY started LIMIT 1 OFFSET ?").get(gone);
  return first === undefined ? undefined : Number(first.started);
}

/**
 * Carries it out, a transaction a batch; what is done stays done when it is interrupted.
 * @param told after each batch, with what is done so far; it may wait, so that others can write
 */
export async function purge(
  database: DatabaseSync,
  limits: Purge,
  told: (done: PurgeCount) => Promise<void>,
): Promise<PurgeCount> {
  const { runsBefore = 0, contentBefore = 0 } = limits;
  const done = { runs: 0, contents: 0 };
  const remove = removing(database);
  const nextRuns = (): number[] => oldest(database, runsIn(limits), runsBefore);
  for (let seqs = nextRuns(); seqs.length > 0; seqs = nextRuns()) {
    inTransaction(database, () => remove.runs(seqs));
    done.runs += seqs.length;
    await told(done);
  }
  const next = (): number[] => oldest(database, contentsIn(limits), contentBefore, runsBefore);
  for (let seqs = next(); seqs.length > 0; seqs = next()) {
    inTransaction(database, () => remove.contents(seqs));
    done.contents += seqs.length;
    await told(done);
  }
  giveBack(database);
  return done;
}

const oldest = (database: DatabaseSync, sql: string, ...values: number[]): number[] =>
  database
    .prepare(`SELECT seq FROM runs WHERE ${sql} ORDER BY started LIMIT ${BATCH}`)
    .all(...values)
    .map(({ seq }) => Number(seq));

/** Removes runs, or what was said in them, by their numbers; whoever calls it has a transaction open, and gives space back in the end. */
export function removing(database: DatabaseSync) {
  const messagesOf = database.prepare("SELECT DISTINCT message FROM run_messages WHERE run = ?");
  const isSaid = database.prepare("SELECT 1 FROM run_messages WHERE message = ? LIMIT 1");
  const unsay = database.prepare("DELETE FROM run_messages WHERE run = ?");
  const message = database.prepare("DELETE FROM messages WHERE number = ?");
  const words = database.prepare("DELETE FROM message_text WHERE rowid = ?");
  const run = database.prepare("DELETE FROM runs WHERE seq = ?");
  const calls = database.prepare("UPDATE tool_calls SET arguments = NULL, result = NULL WHERE run = ?");
  const content = database.prepare("UPDATE runs SET content = 'none', error_text = NULL WHERE seq = ?");

  /** Messages that no run refers to any more go, too. */
  const removeSaid = (seqs: readonly number[]): void => {
    const numbers = new Set(seqs.flatMap((seq) => messagesOf.all(seq).map((row) => Number(row.message))));
    for (const seq of seqs) unsay.run(seq);
    for (const number of numbers) {
      if (isSaid.get(number) !== undefined) continue;
      words.run(number);
      message.run(number);
    }
  };

  return {
    runs(seqs: readonly number[]): void {
      removeSaid(seqs);
      for (const seq of seqs) run.run(seq);
    },
    contents(seqs: readonly number[]): void {
      removeSaid(seqs);
      for (const seq of seqs) {
        calls.run(seq);
        content.run(seq);
      }
    },
  };
}

/** Free pages are given back, and the journal is emptied. */
export function giveBack(database: DatabaseSync): boolean {
  database.exec("INSERT INTO message_text (message_text) VALUES ('optimize')");
  database.prepare("PRAGMA incremental_vacuum").all();
  return emptyJournal(database);
}

/**
 * Empties the journal, which still has what was removed. Who reads from it is waited for, as long as the database was opened to wait.
 * @returns false when it could not be emptied, since another process still reads
 */
export const emptyJournal = (database: DatabaseSync): boolean =>
  database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()?.busy === 0;
