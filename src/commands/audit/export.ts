import { auditExport } from "../../tasks/audit-export.ts";
import { planTask } from "../../tasks/run.ts";
import { defineCommand } from "../command.ts";
import { EXIT, type ExitCode, exitOf } from "../exit-code.ts";
import { openContext } from "../stack.ts";

export default defineCommand({
  about: auditExport.about,
  args: auditExport.params,
  exclusive: [["limit", "all"]],
  examples: [
    {
      line: "audit export --format csv -o audit.csv",
      about: "for a spreadsheet; a leading ' in a cell was added by contextcore",
    },
    { line: "audit export --all | sha256sum", about: "every line, exactly as it is in the trail" },
    {
      line: "audit export --format json --operation destroy --from 2026-01-01",
      about: "this year's destroys",
    },
  ],
  async run({ args: given, terminal, ...call }): Promise<ExitCode> {
    const context = await openContext({ ...call, args: given, terminal });
    await using planned = await planTask(auditExport, given, context);
    const { result, ending } = await planned.carryOut();
    const { events, isCut, isWhole } = result;
    if (!isWhole) return exitOf(ending, call.signal);
    if (given.output !== undefined) terminal.note(`${given.output}: ${events} events`);
    if (isCut) terminal.warn(`only the newest ${events} matching events; --all exports every one`);
    return EXIT.ok;
  },
});
