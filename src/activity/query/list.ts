/** Runs, newest first, without what was said. */
import type { DatabaseSync } from "node:sqlite";
import { type RunFilter, runCondition } from "./filter.ts";

/** Which of them. */
interface Page extends RunFilter {
  readonly limit: number;
  /** Older than this one, by its number. */
  readonly before?: number;
}

/** A run as it is kept: the members of the table `runs`. */
export interface RunRow {
  readonly seq: number;
  readonly id: string;
  readonly [column: string]: string | number | null;
}

/** What is read of a run. */
export const RUN_COLUMNS = `seq, id, source, upstream, user, entity_type, entity_id, conversation, trace_id, span_id, parent_id, provider,
  operation, model_asked, model_answered, status, started, first_chunk, ended, tokens_input, tokens_output, tokens_cached,
  tokens_reasoning, finish_reason, error_class, error_text, content, redactions, cut_bytes`;

/** The newest of those that match. */
export function listRuns(database: DatabaseSync, { limit, before, ...filter }: Page): RunRow[] {
  const { sql, values } = runCondition(database, filter);
  const older =
    before === undefined ? "" : "AND (started, seq) < (SELECT started, seq FROM runs WHERE seq = ?)";
  const query = database.prepare(
    `SELECT ${RUN_COLUMNS} FROM runs WHERE ${sql} ${older} ORDER BY started DESC, seq DESC LIMIT ?`,
  );
  const rows = query.all(...values, ...(before === undefined ? [] : [before]), limit);
  return rows as unknown as RunRow[];
}

/** All that match, oldest first, one at a time. */
export function* eachRun(database: DatabaseSync, filter: RunFilter): Generator<RunRow> {
  const { sql, values } = runCondition(database, filter);
  const query = database.prepare(`SELECT ${RUN_COLUMNS} FROM runs WHERE ${sql} ORDER BY started, seq`);
  yield* query.iterate(...values) as unknown as Iterable<RunRow>;
}
