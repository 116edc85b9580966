import { EXPORT, EXPORT_PLAN, exportJson, exportPlanJson } from "../../results/export.ts";
import { copiedText } from "../../tasks/copy.ts";
import type { Exported } from "../../tasks/copy-exported.ts";
import { exportStack } from "../../tasks/export.ts";
import { exportParams } from "../../tasks/export-params.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { defineCommand } from "../command.ts";
import { conduct } from "../conduct.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { reportExport } from "../report-export.ts";
import { showExportPlan } from "./show-plan.ts";

export default defineCommand({
  about: exportStack.about,
  args: {
    ...exportParams,
    "dry-run": { type: "flag", about: "show the plan; read no data and write nothing" },
  },
  exclusive: exportStack.exclusive,
  examples: [
    { line: "export -t 24h -o ./backups/", about: "the last day, from every backend" },
    { line: "export --plugin loki --match '{app=\"shop\"}' -t 7d", about: "one application's logs" },
    { line: "export --since-last", about: "every night: what is new since the newest complete snapshot" },
    { line: "export --all --dry-run", about: "what would be read, and how much that is" },
    { line: "export --resume", about: "finish what was interrupted" },
  ],
  json: [EXPORT, EXPORT_PLAN],
  run: (call) =>
    conduct(exportStack, call, {
      report(plan, result) {
        if (result === undefined) {
          if (call.json) printResult(call, EXPORT_PLAN, exportPlanJson(plan));
          else showExportPlan(plan, call);
          call.terminal.last("nothing was exported (dry run)");
          return plan.job.failures.length > 0 ? EXIT.partial : EXIT.ok;
        }
        if (call.json) printResult(call, EXPORT, exportJson(result));
        else reportExport(result, call);
        tellCopies(result, call.terminal);
        return undefined;
      },
    }),
});

/** What became of the copies; the snapshot itself is what was reported before. */
function tellCopies({ copied }: Exported, terminal: Terminal): void {
  for (const { place, report, failure } of copied) {
    if (report !== undefined) terminal.last(copiedText(place, report.copies));
    for (const { name, reason } of report?.lacking ?? [])
      terminal.fault("missing", `${place} has no copy of ${name}, which it continues: ${reason}`);
    if (failure !== undefined) terminal.fault("not copied", `to ${place}: ${failure}`);
  }
}
