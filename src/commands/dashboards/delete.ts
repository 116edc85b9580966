import { relative } from "node:path";
import type { Deleted } from "../../dashboards/delete.ts";
import { titlesAbove } from "../../dashboards/listing.ts";
import { DASHBOARDS_DELETE, deletedJson } from "../../results/dashboards.ts";
import { type DashboardDeletion, deleteDashboard } from "../../tasks/delete-dashboard.ts";
import { printTable } from "../../terminal/table.ts";
import { type Call, defineCommand } from "../command.ts";
import { conduct, planPaper } from "../conduct.ts";
import { planArgs } from "../confirmed.ts";
import { printResult } from "../print-result.ts";

const args = {
  ...deleteDashboard.params,
  ...planArgs("show what would be deleted and delete nothing"),
} as const;

type DeleteCall = Call<typeof args>;

export default defineCommand({
  about: deleteDashboard.about,
  args,
  examples: [
    { line: "dashboards delete nErXDvCkzz", about: "asks first" },
    { line: 'dashboards delete --folder "Platform/Services" --dry-run', about: "what would be deleted" },
    { line: "dashboards delete nErXDvCkzz --yes", about: "in a script" },
  ],
  json: [DASHBOARDS_DELETE],
  run: (call) =>
    conduct(deleteDashboard, call, {
      untouched: "nothing was deleted",
      show: (plan) => showPlan(call, plan),
      question: () => ({ message: "Delete them?", what: "the deletion" }),
      report: (plan, result) => (result === undefined ? untouched(call, plan) : report(call, plan, result)),
    }),
});

function showPlan(call: DeleteCall, { dashboards, folders, listing }: DashboardDeletion): void {
  if (call.json) return;
  const { colors } = call.terminal;
  const rows = [
    ...dashboards.map(({ uid, title, folder }) => [[...folder, title].join("/"), uid]),
    ...folders.map(({ uid }) => [`${titlesAbove(listing, uid).join("/")}/`, uid]),
  ];
  printTable(
    planPaper(call),
    [{}, {}, {}],
    rows.map((row) => [colors.red("delete"), ...row]),
  );
}

function untouched(call: DeleteCall, { dashboards, folders }: DashboardDeletion): undefined {
  if (call.json) printResult(call, DASHBOARDS_DELETE, deletedJson({ dashboards, folders, failed: [] }));
}

function report(call: DeleteCall, plan: DashboardDeletion, result: Deleted): undefined {
  const { terminal, directory: here } = call;
  const { copies } = plan;
  const { dashboards, folders, failed, stopped } = result;
  for (const { what, reason } of failed) terminal.fault("not deleted", `${what}: ${reason}`);
  if (call.json) {
    printResult(call, DASHBOARDS_DELETE, deletedJson(result, copies));
    return;
  }
  if (stopped !== undefined) {
    const rest = plan.dashboards.length + plan.folders.length - dashboards.length - folders.length;
    const unknown = stopped.unknown.map((what) => `; whether ${what} was deleted is unknown`);
    terminal.warn(`interrupted: ${rest} were left${unknown.join("")}`);
  }
  const path = relative(here, copies) || copies;
  terminal.note(`copies: ${path}; contextcore dashboards provision ${path} restores them`);
  const failing = failed.length > 0 ? `; failed: ${failed.length}` : "";
  terminal.tell(`deleted: dashboards ${dashboards.length}, folders ${folders.length}${failing}`);
}
