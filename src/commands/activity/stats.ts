import { runStats, type StatsBy, type StatsRow } from "../../activity/query/stats.ts";
import { ACTIVITY_STATS, activityStatsJson } from "../../results/activity.ts";
import { openActivityToRead, RUN_FILTERS } from "../../tasks/activity-database.ts";
import { printTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { formatDuration } from "../../units/duration.ts";
import { DAY_MS, fromMs } from "../../units/range.ts";
import { visible } from "../../units/visible.ts";
import { configOf } from "../caller.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";

const BY = ["day", "model", "day-model"] as const satisfies readonly StatsBy[];

const MONTH_MS = 30 * DAY_MS;

export default defineCommand({
  about: "count runs, errors and tokens by day and model, and how long they took",
  args: {
    from: { ...RUN_FILTERS.from, about: "from this day on, UTC (default: 30 days ago)" },
    to: { ...RUN_FILTERS.to, about: "until this time (default: now)" },
    by: { type: "value", hint: "WHAT", values: BY, about: "day, model or day-model (default: model)" },
  },
  examples: [
    { line: "activity stats", about: "the last 30 days, by model" },
    { line: "activity stats --by day --from 2026-01-01", about: "each day of this year" },
  ],
  json: [ACTIVITY_STATS],
  paged: () => true,
  async run(call) {
    const { from, to = Date.now(), by = "model" } = call.args;
    const database = openActivityToRead(await configOf(call));
    const rows = runStats(database, { from: from ?? to - MONTH_MS, to }, by);
    database.close();
    if (call.json) printResult(call, ACTIVITY_STATS, activityStatsJson(rows));
    else show(rows, call.terminal);
    return EXIT.ok;
  },
});

function show(rows: readonly StatsRow[], terminal: Terminal): void {
  if (rows.length === 0) {
    terminal.note("no run has ended in that time");
    return;
  }
  const { dim, red } = terminal.colors;
  const right = { align: "right" } as const;
  const head = ["", "runs", "errors", "tokens in", "out", "median", "95 %", "first"].map(dim);
  const cells = rows.map((row) => [
    visible(
      [row.day === undefined ? "" : new Date(row.day).toISOString().slice(0, 10), row.model ?? ""]
        .join(" ")
        .trim(),
    ) || dim("no model named"),
    row.runs.toLocaleString("en"),
    row.errors === 0 ? "" : red(row.errors.toLocaleString("en")),
    `${row.uncounted === 0 ? "" : "≥ "}${row.tokensInput.toLocaleString("en")}`,
    row.tokensOutput.toLocaleString("en"),
    took(row.medianMs),
    took(row.p95Ms),
    took(row.firstMedianMs),
  ]);
  printTable(terminal, [{}, right, right, right, right, right, right, right], [head, ...cells]);
}

const took = (ms: number | undefined): string => (ms === undefined ? "" : formatDuration(fromMs(ms)));
