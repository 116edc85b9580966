import { SCHEDULES_RUN } from "../../results/schedules.ts";
import { callerOf } from "../caller.ts";
import { defineCommand } from "../command.ts";
import { EXIT, type ExitCode, exitOf } from "../exit-code.ts";
import { printResult } from "../print-result.ts";

const args = {
  name: {
    type: "positional",
    hint: "NAME",
    required: true,
    about: "the schedule's name in the configuration",
  },
  retry: { type: "flag", about: "try a failed run again as the schedule says, as cron and systemd do" },
} as const;

export default defineCommand({
  about: "run a schedule's task now, whenever it is due",
  args,
  examples: [{ line: "schedules run nightly", about: "what it will do in the night, now" }],
  json: [SCHEDULES_RUN],
  async run(call): Promise<ExitCode> {
    const { name, retry } = call.args;
    const { runOnce } = await import("../../service/schedule/once.ts");
    const done = await runOnce(callerOf(call), { name, isRetried: retry });
    if (done === undefined) {
      call.terminal.last(`${name} runs already: nothing was started`);
      return EXIT.refused;
    }
    const { outcome, schedule, message, hint } = done;
    if (call.json) printResult(call, SCHEDULES_RUN, { schedule, outcome });
    const why = message === undefined ? "" : `: ${message}${hint === undefined ? "" : ` (${hint})`}`;
    call.terminal.last(`${name}: ${schedule.task} ended: ${outcome}${why}`);
    return outcome === "not-started" ? EXIT.error : exitOf({ outcome });
  },
});
