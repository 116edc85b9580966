import { followRuns } from "../../activity/query/follow.ts";
import { runJson } from "../../activity/query/json.ts";
import { listRuns, type RunRow } from "../../activity/query/list.ts";
import { ACTIVITY_LIST } from "../../results/activity.ts";
import { activityPath, openActivityToRead, RUN_FILTERS, runFilterOf } from "../../tasks/activity-database.ts";
import { NEWEST_SHOWN } from "../../tasks/task/count.ts";
import { printTable } from "../../terminal/table.ts";
import { formatDuration } from "../../units/duration.ts";
import { fromMs } from "../../units/range.ts";
import { sleep } from "../../units/sleep.ts";
import { visible } from "../../units/visible.ts";
import { configOf } from "../caller.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { printResult, printResultLine } from "../print-result.ts";

const args = {
  limit: NEWEST_SHOWN,
  follow: { type: "flag", alias: "f", about: "then go on: print runs as they begin, and again as they end" },
  ...RUN_FILTERS,
} as const;

export default defineCommand({
  about: "list what models were asked, newest last",
  args,
  examples: [
    { line: "activity", about: "the last twenty runs" },
    { line: "activity list --status error --from 24h", about: "what failed today" },
    { line: "activity list --user ada --tool search -n 100", about: "where a tool was asked for" },
    { line: 'activity list --text "refund order"', about: "in what was said" },
    { line: "activity list --follow --json --model small", about: "as they come, until Ctrl-C" },
  ],
  json: [ACTIVITY_LIST],
  jsonNote: "with --follow one a line, each with what has come",
  paged: ({ follow }) => !follow,
  async run(call) {
    if (call.args.follow) return followed(call);
    const database = openActivityToRead(await configOf(call));
    const runs = listRuns(database, { limit: call.args.limit, ...runFilterOf(call.args) });
    database.close();
    show(call, runs.reverse());
    return EXIT.ok;
  },
});

/** How often the log is looked at. ms */
const LOOK_MS = 200;

/** Until the caller has seen enough, which is the usual end of it. */
async function followed(call: Call<typeof args>): Promise<ExitCode> {
  const { args: asked, signal, terminal } = call;
  const path = activityPath(await configOf(call));
  using runs = followRuns(path, { limit: asked.limit, ...runFilterOf(asked) });
  if (!runs.isThere()) terminal.note(`there is no log of runs yet: ${path}; it is waited for`);
  while (!signal.aborted) {
    const rows = runs.next();
    if (call.json && rows.length > 0) printResultLine(call, ACTIVITY_LIST, { runs: rows.map(runJson) });
    if (!call.json) table(call, rows);
    await sleep(LOOK_MS, signal).catch(() => undefined);
  }
  return EXIT.ok;
}

function show(call: Call<typeof args>, runs: readonly RunRow[]): void {
  if (call.json) {
    printResult(call, ACTIVITY_LIST, { runs: runs.map(runJson) });
    return;
  }
  const { terminal } = call;
  if (runs.length === 0) terminal.note("no run fits");
  else if (Number.isFinite(terminal.width())) terminal.print(terminal.colors.dim("times are UTC"));
  table(call, runs);
}

const table = (call: Call<typeof args>, runs: readonly RunRow[]): void =>
  printTable(
    call.terminal,
    [{}, {}, {}, {}, { align: "right" }, { align: "right" }, {}],
    runs.map((run) => cells(run, call)),
  );

function cells(run: RunRow, { terminal: { colors } }: Call<typeof args>): string[] {
  const { id, status, started, tokensInput, tokensOutput, user, ended, error, ...more } = runJson(run);
  const paint = { ok: colors.green, error: colors.red, running: colors.dim }[String(status)] ?? colors.yellow;
  const took = ended === undefined ? "" : formatDuration(fromMs(Date.parse(ended) - Date.parse(started)));
  const isCounted = tokensInput !== undefined || tokensOutput !== undefined;
  const all = isCounted ? `${(tokensInput ?? 0) + (tokensOutput ?? 0)}` : "";
  return [
    started.slice(0, 19).replace("T", " "),
    colors.dim(id),
    paint(status),
    visible(more.modelAnswered ?? more.modelAsked ?? ""),
    all,
    took,
    visible([user ?? "", error?.text ?? ""].filter((text) => text !== "").join("  ")),
  ];
}
