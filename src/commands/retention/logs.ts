import { RETENTION_LOGS, retentionLogsJson } from "../../results/retention-logs.ts";
import type { LogsDone } from "../../retention/logs/carry-out.ts";
import { type LogRetentionPlan, retentionLogs } from "../../tasks/retention-logs.ts";
import { printTable } from "../../terminal/table.ts";
import { formatBytes } from "../../units/bytes.ts";
import { formatDuration } from "../../units/duration.ts";
import { fromMs } from "../../units/range.ts";
import { counted, listed } from "../../units/words.ts";
import { type Call, defineCommand } from "../command.ts";
import { conduct, planPaper } from "../conduct.ts";
import { planArgs } from "../confirmed.ts";
import { printResult } from "../print-result.ts";

const args = {
  ...retentionLogs.params,
  ...planArgs("show which files are due and change nothing"),
} as const;

type LogsCall = Call<typeof args>;

export default defineCommand({
  about: retentionLogs.about,
  args,
  examples: [
    { line: "retention logs --dry-run", about: "which files are due, and which are left for now" },
    { line: "retention logs --yes", about: "in cron" },
  ],
  json: [RETENTION_LOGS],
  run: (call) =>
    conduct(retentionLogs, call, {
      untouched: "nothing was changed",
      show: (plan) => show(call, plan),
      question: ({ items }) => ({ message: `${questionText(items)} for good?`, what: "the change" }),
      report: (plan, done) => report(call, plan, done),
    }),
});

const of = (items: LogRetentionPlan["items"], action: "compress" | "remove") =>
  items.filter((item) => item.action === action);

/** `Compress 3 log files and remove 12` */
function questionText(items: LogRetentionPlan["items"]): string {
  const [compress, remove] = [of(items, "compress"), of(items, "remove")];
  const parts = [
    ...(compress.length > 0 ? [`compress ${counted(compress.length, "log file")}`] : []),
    ...(remove.length > 0 ? [`remove ${counted(remove.length, "log file")}`] : []),
  ];
  const text = listed(parts);
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

function show(call: LogsCall, { directory, items, left }: LogRetentionPlan): void {
  for (const { file, reason } of left) call.terminal.note(`${file} is left: ${reason}`);
  if (call.json) return;
  const { colors } = call.terminal;
  const paper = planPaper(call);
  const rows = items.map(({ action, file, bytes, ageMs, level }) => [
    action === "remove" ? colors.red(action) : colors.green(action),
    file,
    formatBytes(bytes),
    formatDuration(fromMs(Math.max(0, Math.floor(ageMs / HOUR_MS) * HOUR_MS))),
    level ?? "",
  ]);
  printTable(paper, [{}, {}, { align: "right" }, { align: "right" }, {}], rows);
  if (items.length === 0) paper.print(`nothing in ${directory} is due`);
}

const HOUR_MS = 3_600_000;

function report(call: LogsCall, plan: LogRetentionPlan, done?: LogsDone): undefined {
  const { terminal } = call;
  for (const { file, reason } of done?.left ?? []) terminal.warn(`${file} is as it was: ${reason}`);
  if (call.json) printResult(call, RETENTION_LOGS, retentionLogsJson(plan, done));
  if (done === undefined) return;
  const { compressed, removed } = done;
  const saved = compressed.reduce((sum, one) => sum + one.bytes - one.bytesAfter, 0);
  const freed = removed.reduce((sum, one) => sum + one.bytes, saved);
  terminal.last(
    `${counted(compressed.length, "log file")} compressed, ${removed.length} removed: ${formatBytes(Math.max(0, freed))} freed`,
  );
}
