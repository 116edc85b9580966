import { type ListedDashboard, listDashboards } from "../../dashboards/listing.ts";
import { DASHBOARDS_LIST, dashboardsJson } from "../../results/dashboards.ts";
import { ownerOf, PLUGIN, storeOf } from "../../tasks/dashboard-store.ts";
import { openStack } from "../../tasks/stack/stack.ts";
import { printTable } from "../../terminal/table.ts";
import { callerOf } from "../caller.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { printResult } from "../print-result.ts";

export default defineCommand({
  about: "list every dashboard, by folder and title",
  args: { plugin: PLUGIN },
  examples: [
    { line: "dashboards list", about: "shows the uid that delete needs" },
    { line: "dashboards list --json", about: "for scripts" },
  ],
  json: [DASHBOARDS_LIST],
  paged: () => true,
  async run(call): Promise<ExitCode> {
    const stack = await openStack(callerOf(call), ownerOf(call.args));
    const rows = await listDashboards(storeOf(stack).store, call.signal);
    if (call.json) printResult(call, DASHBOARDS_LIST, { dashboards: dashboardsJson(rows) });
    else show(call, rows);
    return EXIT.ok;
  },
});

function show({ terminal }: Call, rows: readonly ListedDashboard[]): void {
  if (rows.length === 0) terminal.tell("no dashboards");
  const { colors } = terminal;
  const lines = rows.map(({ uid, title, folder, tags }) => [
    colors.dim(folder.join("/") || "-"),
    colors.bold(title),
    uid,
    colors.cyan(tags.join(" ")),
  ]);
  printTable(terminal, [{}, {}, {}, {}], lines);
}
