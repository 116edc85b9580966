/** Runs as records, in the order in which they were written down. */
import type { DatabaseSync } from "node:sqlite";
import { type SavedRun, withoutSaid } from "../format/run-record.ts";
import { wholeRunJson } from "../query/json.ts";
import type { RunRow } from "../query/list.ts";
import { createRunReader } from "../query/show.ts";

/** Half-open, ms since 1970: when runs were written down. */
export interface Recorded {
  readonly from: number;
  readonly to: number;
}

/** A run with its place among the others. */
export interface PlacedRun {
  readonly record: SavedRun;
  /** ms since 1970. */
  readonly recorded: number;
  /** Its number, among those that were written down at the same time. */
  readonly seq: number;
}

/** What there is. */
export interface RecordSpan {
  readonly runs: number;
  /** Of them, what is not over: it is not saved yet. */
  readonly running: number;
  readonly toolCalls: number;
  /** When the first of them began, ms since 1970; absent: there are none. */
  readonly began?: number;
  /** When the first and the last of them were written down, ms since 1970; absent: there are none. */
  readonly oldest?: number;
  readonly newest?: number;
}

/** Counts them all. */
export function spanOf(database: DatabaseSync): RecordSpan {
  const one = (sql: string) => database.prepare(`SELECT ${sql}`).get() ?? {};
  const { runs, oldest, newest } = one(
    "count(*) AS runs, min(recorded) AS oldest, max(recorded) AS newest FROM runs WHERE recorded IS NOT NULL",
  );
  const { running } = one("count(*) AS running FROM runs WHERE status = 'running'");
  const { calls } = one("count(*) AS calls FROM tool_calls");
  const { began } = one("min(started) AS began FROM runs");
  return {
    ...{ runs: Number(runs), running: Number(running), toolCalls: Number(calls) },
    ...(typeof began === "number" && { began }),
    ...(typeof oldest === "number" && typeof newest === "number" && { oldest, newest }),
  };
}

/** How many there are of that time. */
export function countRecords(database: DatabaseSync, { from, to }: Recorded) {
  const count = (sql: string): number =>
    Number(
      database
        .prepare(`SELECT count(*) AS count FROM ${sql} WHERE recorded >= ? AND recorded < ?`)
        .get(from, to)?.count,
    );
  return { runs: count("runs"), toolCalls: count("runs CROSS JOIN tool_calls ON run = seq") };
}

/** Which records: of those that were written down at the very beginning of the time only the ones `after` that number. */
export interface RecordsWanted extends Recorded {
  readonly after: number;
  /** What was said is read, too. */
  readonly isSaid: boolean;
}

/** Those of that time, one by one. */
export function* eachRecord(
  database: DatabaseSync,
  { from, to, after, isSaid }: RecordsWanted,
): Generator<PlacedRun> {
  const rows =
    database.prepare(`SELECT * FROM runs WHERE recorded >= ? AND recorded < ? AND (recorded, seq) > (?, ?)
    ORDER BY recorded, seq`);
  const read = createRunReader(database, isSaid);
  const answersTo = createAnswersReader(database);
  for (const row of rows.iterate(from, to, from, after) as unknown as Iterable<RunRow>) {
    const recorded = Number(row.recorded);
    const answers = answersTo(row.seq);
    const whole = {
      recorded: new Date(recorded).toISOString(),
      ...wholeRunJson(read(row)),
      ...(answers.length > 0 && { answersTo: answers }),
    } as SavedRun;
    yield { record: isSaid ? whole : withoutSaid(whole), recorded, seq: row.seq };
  }
}

/** The one that has this id; `undefined` when there is none. */
export function findRecord(database: DatabaseSync, id: string): SavedRun | undefined {
  const row = database.prepare("SELECT * FROM runs WHERE id = ?").get(id);
  if (row === undefined) return undefined;
  const run = row as unknown as RunRow;
  const recorded = typeof run.recorded === "number" ? new Date(run.recorded).toISOString() : "";
  return { recorded, ...wholeRunJson(createRunReader(database)(run)) } as SavedRun;
}

/** Which calls of which runs a run's input has answered. */
function createAnswersReader(database: DatabaseSync): (seq: number) => { run: string; call: number }[] {
  const calls = database.prepare(`SELECT (SELECT id FROM runs WHERE seq = one.run) AS run,
    (SELECT count(*) FROM tool_calls AS other WHERE other.run = one.run AND other.number < one.number) AS call
    FROM tool_calls AS one WHERE answered_by = ? ORDER BY number`);
  return (seq) => calls.all(seq).map(({ run, call }) => ({ run: String(run), call: Number(call) }));
}
