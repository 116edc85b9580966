import { RETENTION_APPLY, retentionApplyJson } from "../../results/retention-apply.ts";
import { type RetentionPlan, type RetentionResult, retentionApply } from "../../tasks/retention-apply.ts";
import { printTable } from "../../terminal/table.ts";
import { formatBytes } from "../../units/bytes.ts";
import { counted } from "../../units/words.ts";
import { type Call, defineCommand } from "../command.ts";
import { conduct, planPaper } from "../conduct.ts";
import { planArgs } from "../confirmed.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";

const args = {
  ...retentionApply.params,
  ...planArgs("show what is past its time and let go of nothing"),
} as const;

type ApplyCall = Call<typeof args>;

const UNTOUCHED = "nothing was let go";

export default defineCommand({
  about: retentionApply.about,
  args,
  examples: [
    { line: "retention apply --dry-run", about: "what is past its time, and what stays for which reason" },
    { line: "retention apply --only snapshots", about: "snapshots and copies alone, after a question" },
    { line: "retention apply --yes", about: "in cron" },
  ],
  json: [RETENTION_APPLY],
  run: (call) =>
    conduct(retentionApply, call, {
      untouched: UNTOUCHED,
      show: (plan) => show(call, plan),
      question: (plan) => ({
        message: `Let go of ${counted(itemsOf(plan).length, "thing")} for good?`,
        what: "letting go",
      }),
      report: (plan, result) => report(call, plan, result),
    }),
});

const itemsOf = ({ parts }: RetentionPlan) =>
  parts.flatMap(({ of, due }) => due.items.map((item) => ({ of, ...item })));

function show(call: ApplyCall, plan: RetentionPlan): void {
  if (call.json) return;
  const { colors } = call.terminal;
  const paper = planPaper(call);
  const due = itemsOf(plan).map(({ of, name, what, bytes }) => [
    colors.red(of),
    name,
    bytes === undefined ? "" : formatBytes(bytes),
    colors.dim(what),
  ]);
  const stays = plan.parts.flatMap(({ of, due: { stays: all } }) =>
    all.map(({ name, reason, isOwed }) => [
      isOwed ? colors.yellow("owed") : colors.green("stays"),
      name,
      "",
      colors.dim(`${of}: ${reason}`),
    ]),
  );
  printTable(paper, [{}, {}, { align: "right" }, {}], [...due, ...stays]);
  if (due.length === 0) paper.print("nothing can go now that is past its time");
}

/** What is owed is exit code 3, even where nothing else was due. */
function report(call: ApplyCall, plan: RetentionPlan, result?: RetentionResult) {
  const { terminal } = call;
  const before = new Set(
    plan.parts.flatMap(({ due }) => due.stays.map(({ name, reason }) => `${name} ${reason}`)),
  );
  for (const { name, reason } of result?.stays ?? [])
    if (!before.has(`${name} ${reason}`)) terminal.warn(`${name} is still there: ${reason}`);
  if (call.json) printResult(call, RETENTION_APPLY, retentionApplyJson(plan, result));
  if (result !== undefined) terminal.last(`${counted(result.gone.length, "thing")} let go`);
  const isOwed = (result?.stays ?? plan.parts.flatMap(({ due }) => due.stays)).some((one) => one.isOwed);
  return isOwed && !call.args["dry-run"] ? EXIT.partial : undefined;
}
