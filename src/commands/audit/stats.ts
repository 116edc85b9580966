import type { Outcome } from "../../audit/format/event.ts";
import { OUTCOMES } from "../../audit/format/event.ts";
import { trailLines } from "../../audit/journal/segments.ts";
import { matching } from "../../audit/read/query.ts";
import { type AuditStats, type OutcomeCounts, statsOf, sum } from "../../audit/read/stats.ts";
import { AUDIT_STATS } from "../../results/audit.ts";
import { FILTERS, filterOf } from "../../tasks/audit-filters.ts";
import { trailPlaces } from "../../tasks/stack/trail-places.ts";
import { bar } from "../../terminal/bar.ts";
import { formatTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { configOf } from "../caller.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { paintOutcome } from "./paint.ts";

export default defineCommand({
  about: "count what was done: by operation, outcome, user and week",
  args: FILTERS,
  examples: [
    { line: "audit stats", about: "everything" },
    { line: "audit stats --operation export --from 2026-01-01", about: "how the exports of this year went" },
  ],
  json: [AUDIT_STATS],
  paged: () => true,
  async run(call) {
    const filter = filterOf(call.args);
    const { file } = trailPlaces(await configOf(call));
    const stats = statsOf(matching(trailLines(file), filter));
    if (call.json) printResult(call, AUDIT_STATS, stats);
    else showStats(stats, call.terminal);
    return EXIT.ok;
  },
});

function showStats(stats: AuditStats, terminal: Terminal): void {
  if (stats.operations === 0) {
    terminal.note("the trail has no such operation yet");
    return;
  }
  const tables: readonly (readonly [string, readonly (readonly [string, OutcomeCounts])[]])[] = [
    ["by operation", Object.entries(stats.byOperation)],
    ["by outcome", OUTCOMES.flatMap((name) => ofOutcome(name, stats.byOutcome[name]))],
    ["by user", Object.entries(stats.byUser)],
    ["by week", stats.byWeek.map(({ week, tally: counts }) => [week, counts])],
  ];
  for (const [title, rows] of tables) {
    terminal.print(terminal.colors.bold(title));
    for (const line of drawn(rows, terminal)) terminal.print(`  ${line}`);
  }
}

const ofOutcome = (name: Outcome, count: number | undefined): (readonly [string, OutcomeCounts])[] =>
  count === undefined ? [] : [[name, { [name]: count }]];

/** Width of the longest bar, in characters; on a narrow terminal. */
const BAR_WIDTH = 30;
const BAR_WIDTH_NARROW = 10;

/** With fewer columns a bar would push aside what it shows. */
const WIDE = 80;

function drawn(rows: readonly (readonly [string, OutcomeCounts])[], { colors, width }: Terminal): string[] {
  const barWidth = width() < WIDE ? BAR_WIDTH_NARROW : BAR_WIDTH;
  const most = Math.max(...rows.map(([, counts]) => sum(counts)));
  const cells = rows.map(([name, counts]) => {
    const outcomes = OUTCOMES.filter((outcome) => (counts[outcome] ?? 0) > 0);
    const told = outcomes.map((outcome) => `${counts[outcome]} ${paintOutcome(outcome, colors)}`);
    return [name, String(sum(counts)), bar(sum(counts) / most, barWidth), told.join(", ")];
  });
  return formatTable([{}, { align: "right" }, {}, {}], cells, width() - 2);
}
