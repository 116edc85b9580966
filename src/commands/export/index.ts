import { EXPORT, exportJson } from "../../results/export.ts";
import { exportStack } from "../../tasks/export.ts";
import { exportParams } from "../../tasks/export-params.ts";
import { defineCommand } from "../command.ts";
import { runCall } from "../conduct.ts";
import { exitOf } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { reportExport } from "../report-export.ts";

/** What a resumed export takes over from the interrupted one. */
const ASKED_BEFORE = Object.keys(exportParams).filter(
  (name) => !["output", "resume", "partial"].includes(name),
);

export default defineCommand({
  about: exportStack.about,
  args: exportParams,
  exclusive: [
    ["time", "from"],
    ...["time", "from", "to", "since-last"].map((name) => ["all", name]),
    ...["time", "from"].map((name) => ["since-last", name]),
    ...ASKED_BEFORE.map((name) => ["resume", name]),
  ],
  examples: [
    { line: "export -t 24h -o ./backups/", about: "the last day, from every backend" },
    { line: "export --plugin loki --match '{app=\"shop\"}' -t 7d", about: "one application's logs" },
    { line: "export --since-last", about: "every night: what is new since the newest complete snapshot" },
    { line: "export --resume", about: "finish what was interrupted" },
  ],
  json: [EXPORT],
  async run(call) {
    const { result, ending } = await runCall(exportStack, call);
    if (call.json) printResult(call, EXPORT, exportJson(result));
    else reportExport(result, call);
    return exitOf(ending);
  },
});
