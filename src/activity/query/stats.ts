/** Runs by day and model: how many, how many failed, tokens, and how long they took. */

import type { DatabaseSync } from "node:sqlite";
import { DAY_MS } from "../../units/range.ts";
import { quantile } from "../database/buckets.ts";

/** Which of them are told apart. */
export type StatsBy = "day" | "model" | "day-model";

/** One row. Days are those of UTC. */
export interface StatsRow {
  /** ms since 1970, its beginning; absent: all days. */
  readonly day?: number;
  /** Absent: all models. Empty: it was not said. */
  readonly model?: string;
  readonly runs: number;
  readonly errors: number;
  readonly tokensInput: number;
  readonly tokensOutput: number;
  /** Runs of which nobody said how many tokens they took. */
  readonly uncounted: number;
  /** ms, from request to end, within a twentieth; absent: nothing has ended. */
  readonly medianMs?: number;
  readonly p95Ms?: number;
  /** ms, to the first piece of the answer. */
  readonly firstMedianMs?: number;
  readonly firstP95Ms?: number;
}

/** Of the days that the range touches. @param from ms since 1970 @param to ms since 1970, exclusive */
export function runStats(
  database: DatabaseSync,
  { from, to }: { readonly from: number; readonly to: number },
  by: StatsBy,
): StatsRow[] {
  const range = [Math.floor(from / DAY_MS), Math.ceil(to / DAY_MS)];
  const keys = { day: ["day"], model: ["model"], "day-model": ["day", "model"] }[by];
  const group = keys.join(", ");
  const sums = ["runs", "errors", "tokens_input", "tokens_output", "uncounted"].map(
    (name) => `sum(${name}) AS ${name}`,
  );
  const rows = database
    .prepare(
      `SELECT ${group}, ${sums.join(", ")} FROM days WHERE day >= ? AND day < ? GROUP BY ${group} ORDER BY ${group}`,
    )
    .all(...range);
  const counts = database
    .prepare(`SELECT ${group}, bucket, sum(answers) AS answers, sum(firsts) AS firsts FROM latencies
      WHERE day >= ? AND day < ? GROUP BY ${group}, bucket ORDER BY ${group}, bucket`)
    .all(...range);
  const keyOf = (row: Readonly<Record<string, unknown>>): string =>
    JSON.stringify(keys.map((key) => row[key]));
  const byKey = Map.groupBy(counts, keyOf);
  return rows.map((row) => {
    const some = byKey.get(keyOf(row)) ?? [];
    const of = (name: string, share: number) =>
      quantile(
        some.map((one) => [Number(one.bucket), Number(one[name])] as const),
        share,
      );
    const [medianMs, p95Ms, firstMedianMs, firstP95Ms] = [
      of("answers", 0.5),
      of("answers", 0.95),
      of("firsts", 0.5),
      of("firsts", 0.95),
    ];
    return {
      ...(keys.includes("day") && { day: Number(row.day) * DAY_MS }),
      ...(keys.includes("model") && { model: String(row.model) }),
      runs: Number(row.runs),
      errors: Number(row.errors),
      tokensInput: Number(row.tokens_input),
      tokensOutput: Number(row.tokens_output),
      uncounted: Number(row.uncounted),
      ...(medianMs !== undefined && { medianMs }),
      ...(p95Ms !== undefined && { p95Ms }),
      ...(firstMedianMs !== undefined && { firstMedianMs }),
      ...(firstP95Ms !== undefined && { firstP95Ms }),
    };
  });
}
