import { DRILL, drillJson } from "../../results/drill.ts";
import { drillMeant } from "../../tasks/kept-drills.ts";
import { configOf } from "../caller.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { showReport } from "./report-text.ts";

export default defineCommand({
  about: "show the report of a drill",
  args: {
    drill: {
      type: "positional",
      hint: "DRILL",
      complete: "drills",
      default: "latest",
      about: "its name, the beginning of one, or latest",
    },
  },
  examples: [{ line: "drill show latest", about: "what the newest one restored, and what differed" }],
  json: [DRILL],
  async run(call) {
    const { directory } = await configOf(call);
    const report = drillMeant(directory, call.args.drill);
    if (call.json) printResult(call, DRILL, drillJson(report));
    else showReport(report, call.terminal);
    return EXIT.ok;
  },
});
