import { HOLD_LIST, holdJson } from "../../../results/holds.ts";
import { readHolds } from "../../../retention/holds/file.ts";
import { openStackToRead } from "../../../tasks/stack/stack.ts";
import { printTable } from "../../../terminal/table.ts";
import { minute } from "../../../units/range.ts";
import { callerOf } from "../../caller.ts";
import { defineCommand } from "../../command.ts";
import { EXIT, type ExitCode } from "../../exit-code.ts";
import { printResult } from "../../print-result.ts";
import { holdText } from "./hold-text.ts";

export default defineCommand({
  about: "show the holds that stand, and what each is about",
  examples: [{ line: "retention hold list", about: "what may not go, and why" }],
  json: [HOLD_LIST],
  async run(call): Promise<ExitCode> {
    const { terminal } = call;
    const { config } = await openStackToRead(callerOf(call));
    const holds = readHolds(config);
    if (call.json) printResult(call, HOLD_LIST, { holds: holds.map(holdJson) });
    else if (holds.length === 0) terminal.note("nothing is held");
    else
      printTable(
        terminal,
        [{}, {}, {}, {}],
        holds.map((hold) => [
          terminal.colors.bold(hold.name),
          `since ${minute(hold.since)} UTC`,
          holdText(hold),
          terminal.colors.dim(hold.about ?? ""),
        ]),
      );
    return EXIT.ok;
  },
});
