import { stringify } from "yaml";
import { CONFIG_SHOW } from "../../results/config.ts";
import { openStackToShow } from "../../tasks/stack/stack.ts";
import { HOW_TO_AGREE, NOT_AGREED } from "../../tasks/task/agreed.ts";
import { printTable } from "../../terminal/table.ts";
import { callerOf } from "../caller.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { readableValue, settingsOf } from "../settings.ts";

export default defineCommand({
  about: "show every setting in force and where it comes from; secrets are masked",
  examples: [{ line: "config show", about: "does the file, the environment or the default apply?" }],
  json: [CONFIG_SHOW],
  paged: () => true,
  async run(call) {
    const { terminal } = call;
    const stack = await openStackToShow(callerOf(call));
    const { file } = stack.config;
    const settings = settingsOf(stack.config, stack);
    if (call.json) {
      printResult(call, CONFIG_SHOW, { file, settings });
      return EXIT.ok;
    }
    if (stack.config.sealed) terminal.warn(`${NOT_AGREED}: ${PARTLY}`, `  ${HOW_TO_AGREE}`);
    terminal.note(file ?? "no contextcore.yaml here or in a parent directory: defaults and the environment");
    const { dim, bold } = terminal.colors;
    const rows = settings.map((one) => [bold(one.key), inline(readableValue(one)), dim(one.where)]);
    printTable(terminal, [{}, {}, {}], rows);
    return EXIT.ok;
  },
});

const PARTLY = "the settings of third-party plugins are not shown";

const inline = (value: unknown): string =>
  stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trimEnd();
