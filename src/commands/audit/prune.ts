import { basename } from "node:path";
import { AUDIT_PRUNE, auditPruneJson } from "../../results/audit.ts";
import { type AuditPrunePlan, auditPrune, prunedText } from "../../tasks/audit-prune.ts";
import { formatTable } from "../../terminal/table.ts";
import { type Call, defineCommand } from "../command.ts";
import { conduct } from "../conduct.ts";
import { planArgs } from "../confirmed.ts";
import { printResult } from "../print-result.ts";

const args = { ...auditPrune.params, ...planArgs("show the plan and remove nothing") } as const;

type PruneCall = Call<typeof args>;

export default defineCommand({
  about: auditPrune.about,
  args,
  examples: [
    { line: "audit prune --dry-run", about: "what would be removed, and why the rest stays" },
    { line: "audit prune --yes", about: "in cron" },
  ],
  json: [AUDIT_PRUNE],
  run: (call) =>
    conduct(auditPrune, call, {
      untouched: "nothing was removed",
      show: (plan) => showPlan(call, plan),
      question: () => ({ message: "Remove them from the trail?", what: "the removal" }),
      report(plan, result) {
        if (call.json) printResult(call, AUDIT_PRUNE, auditPruneJson(plan, result !== undefined));
        if (result !== undefined) call.terminal.note(prunedText(plan));
        return undefined;
      },
    }),
});

function showPlan({ json, terminal }: PruneCall, { segments, kept, range, archive }: AuditPrunePlan): void {
  if (json) return;
  const { colors } = terminal;
  const rows = segments.map(({ segment, events, stays }) => [
    stays === undefined ? colors.red("remove") : colors.green("keep"),
    basename(segment.path),
    `${events} events`,
    colors.dim(stays ?? ""),
  ]);
  for (const line of formatTable([{}, {}, { align: "right" }, {}], rows)) terminal.print(line);
  if (range === undefined) terminal.note("no event is old enough");
  else {
    terminal.print(`${range.events} events will be moved to ${archive}, out of the trail and its home copy`);
    terminal.print(`${kept.length} events of destroy, restore, prune and erase are kept for seven years`);
  }
}
