import { DRILL, drillJson } from "../../results/drill.ts";
import { drill } from "../../tasks/drill.ts";
import { tellChosen } from "../chain-text.ts";
import { defineCommand } from "../command.ts";
import { planCall } from "../conduct.ts";
import type { ExitCode } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { showReport } from "./report-text.ts";
import { EXIT_OF_VERDICT } from "./verdict.ts";

export default defineCommand({
  about: `${drill.about}; exit code 5 when anything differs`,
  args: drill.params,
  examples: [
    { line: "drill", about: "the newest snapshots of every backend, with all that they continue" },
    {
      line: "drill --backend loki --from offsite",
      about: "whether Loki would come back from the copies in a place",
    },
  ],
  json: [DRILL],
  async run(call): Promise<ExitCode> {
    await using planned = await planCall(drill, call);
    if (planned.plan.chosen !== undefined) tellChosen(planned.plan.chosen, call.terminal);
    const { result } = await planned.carryOut();
    if (call.json) printResult(call, DRILL, drillJson(result));
    else showReport(result, call.terminal);
    return EXIT_OF_VERDICT[result.verdict];
  },
});
