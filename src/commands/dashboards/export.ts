import { resolve } from "node:path";
import { exportDashboards } from "../../dashboards/export.ts";
import { DASHBOARDS_EXPORT, exportedJson } from "../../results/dashboards.ts";
import { ownerOf, PLUGIN, storeOf } from "../../tasks/dashboard-store.ts";
import { openStack } from "../../tasks/stack/stack.ts";
import { callerOf } from "../caller.ts";
import { defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { printResult } from "../print-result.ts";

export default defineCommand({
  about: "write all dashboards to a new directory, from which provision restores them",
  args: {
    directory: {
      type: "positional",
      hint: "DIRECTORY",
      complete: "directories",
      required: true,
      about: "the directory to write: new, or empty except for hidden entries such as .git",
    },
    plugin: PLUGIN,
  },
  examples: [
    { line: "dashboards export ./dashboards", about: "one readable file per dashboard, to keep in git" },
  ],
  json: [DASHBOARDS_EXPORT],
  async run(call): Promise<ExitCode> {
    const stack = await openStack(callerOf(call), ownerOf(call.args));
    const directory = resolve(call.directory, call.args.directory);
    const result = await exportDashboards(storeOf(stack).store, directory, call.signal);
    for (const { what, reason } of result.failed) call.terminal.warn(`${what} could not be read: ${reason}`);
    const unread = result.failed.length > 0 ? `; not read: ${result.failed.length}` : "";
    if (call.json) printResult(call, DASHBOARDS_EXPORT, exportedJson(directory, result));
    else
      call.terminal.tell(
        `${call.args.directory}: dashboards ${result.dashboards}, folders ${result.folders}${unread}`,
      );
    return result.failed.length > 0 ? EXIT.partial : EXIT.ok;
  },
});
