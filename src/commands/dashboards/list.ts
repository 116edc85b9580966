import * as v from "valibot";
import { type ListedDashboard, listDashboards } from "../../dashboards/listing.ts";
import { PLUGIN, storeOf } from "../../tasks/dashboard-store.ts";
import { openStack } from "../../tasks/stack.ts";
import { formatTable } from "../../terminal/table.ts";
import { callerOf } from "../caller.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";

const args = { plugin: PLUGIN, json: { type: "flag", about: "print one JSON list" } } as const;

export const dashboardSchema = v.object({
  uid: v.string(),
  title: v.string(),
  folder: v.pipe(v.array(v.string()), v.description("Titles from the root down; empty at the root")),
  tags: v.array(v.string()),
  url: v.optional(v.string()),
});

export default defineCommand({
  about: "list every dashboard, by folder and title",
  args,
  examples: [
    { line: "dashboards list", about: "shows the uid that delete needs" },
    { line: "dashboards list --json", about: "for scripts" },
  ],
  json: v.array(dashboardSchema),
  async run(call): Promise<ExitCode> {
    const stack = await openStack(callerOf(call), {
      only: call.args.plugin === undefined ? [] : [call.args.plugin],
    });
    const rows = await listDashboards(storeOf(stack, call.args.plugin).store, call.signal);
    if (call.args.json) call.terminal.printJson(rows);
    else show(call, rows);
    return EXIT.ok;
  },
});

function show({ terminal }: Call<typeof args>, rows: readonly ListedDashboard[]): void {
  if (rows.length === 0) terminal.print("no dashboards");
  const { colors } = terminal;
  const lines = rows.map(({ uid, title, folder, tags }) => [
    colors.dim(folder.join("/") || "-"),
    colors.bold(title),
    uid,
    colors.cyan(tags.join(" ")),
  ]);
  for (const line of formatTable([{}, {}, {}, {}], lines)) terminal.print(line);
}
