import { basename } from "node:path";
import { AUDIT_PRUNE, auditPruneJson } from "../../results/audit.ts";
import { type AuditPrunePlan, auditPrune, prunedText } from "../../tasks/audit-prune.ts";
import { printTable } from "../../terminal/table.ts";
import { counted } from "../../units/words.ts";
import { type Call, defineCommand } from "../command.ts";
import { conduct, planPaper } from "../conduct.ts";
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
      question: ({ range }) => ({
        message: `Move ${counted(range?.events ?? 0, "event")} out of the trail?`,
        what: "the removal",
      }),
      report(plan, result) {
        if (call.json) printResult(call, AUDIT_PRUNE, auditPruneJson(plan, result !== undefined));
        if (result !== undefined) call.terminal.last(prunedText(plan));
        return undefined;
      },
    }),
});

function showPlan(call: PruneCall, { segments, kept, range, archive }: AuditPrunePlan): void {
  if (call.json) return;
  const { colors, note } = call.terminal;
  const paper = planPaper(call);
  const rows = segments.map(({ segment, events, stays }) => [
    stays === undefined ? colors.red("remove") : colors.green("keep"),
    basename(segment.path),
    counted(events, "event"),
    colors.dim(stays ?? ""),
  ]);
  printTable(paper, [{}, {}, { align: "right" }, {}], rows);
  if (range === undefined) note("no event is old enough");
  else {
    paper.print(
      `${counted(range.events, "event")} will be moved to ${archive}, out of the trail and its home copy`,
    );
    paper.print(
      `${counted(kept.length, "event")} of destroy, restore, prune and erase are kept for seven years`,
    );
  }
}
