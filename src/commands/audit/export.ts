import { auditExport } from "../../tasks/audit-export.ts";
import { counted } from "../../units/words.ts";
import { defineCommand } from "../command.ts";
import { runCall } from "../conduct.ts";
import { EXIT, type ExitCode, exitOf } from "../exit-code.ts";

export default defineCommand({
  about: auditExport.about,
  args: auditExport.params,
  exclusive: auditExport.exclusive,
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
  async run(call): Promise<ExitCode> {
    const { args: given, terminal } = call;
    const { result, ending } = await runCall(auditExport, call);
    const { events, isCut, isWhole } = result;
    if (!isWhole) return exitOf(ending);
    if (given.output !== undefined && given.output !== "-")
      terminal.last(`${given.output}: ${counted(events, "event")}`);
    if (isCut) terminal.warn(`only the newest ${events} matching events; --all exports every one`);
    return EXIT.ok;
  },
});
