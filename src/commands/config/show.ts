import * as v from "valibot";
import { stringify } from "yaml";
import { HOW_TO_AGREE, NOT_AGREED } from "../../tasks/agreed.ts";
import { openStackToShow } from "../../tasks/stack.ts";
import { formatTable } from "../../terminal/table.ts";
import { callerOf } from "../caller.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { settingsOf } from "./settings.ts";

export default defineCommand({
  about: "show every setting in force and where it comes from; secrets are masked",
  args: { json: { type: "flag", about: "print one JSON object" } },
  examples: [{ line: "config show", about: "does the file, the environment or the default apply?" }],
  json: v.object({
    file: v.optional(v.string()),
    settings: v.array(v.object({ key: v.string(), value: v.unknown(), from: v.string() })),
  }),
  async run(call) {
    const { terminal } = call;
    const stack = await openStackToShow(callerOf(call));
    const { file } = stack.config;
    const settings = settingsOf(stack.config, stack);
    if (call.args.json) {
      terminal.printJson({ file, settings });
      return EXIT.ok;
    }
    if (stack.config.sealed) terminal.warn(`${NOT_AGREED}: ${PARTLY}\n  ${HOW_TO_AGREE}`);
    terminal.note(file ?? "no contextcore.yaml here or in a parent directory: defaults and the environment");
    const { dim, bold } = terminal.colors;
    const rows = settings.map(({ key, value, from }) => [bold(key), inline(value), dim(from)]);
    for (const line of formatTable([{}, {}, {}], rows)) terminal.print(line);
    return EXIT.ok;
  },
});

const PARTLY = "the settings of third-party plugins are not shown";

const inline = (value: unknown): string =>
  stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trimEnd();
