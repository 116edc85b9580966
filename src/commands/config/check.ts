import * as v from "valibot";
import { ConfigError, formatProblem } from "../../config/errors.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { openStack } from "../stack.ts";
import { secretsInFile } from "./settings.ts";

const problem = v.object({
  where: v.string(),
  key: v.string(),
  what: v.string(),
  hint: v.optional(v.string()),
});

export default defineCommand({
  about: "check the configuration, the environment and every plugin's options; asks no server",
  args: { json: { type: "flag", about: "print one JSON object" } },
  examples: [{ line: "config check", about: "lists everything that does not fit, with its line" }],
  json: v.object({ file: v.optional(v.string()), problems: v.array(problem), warnings: v.array(v.string()) }),
  async run(call) {
    const { terminal } = call;
    try {
      const stack = await openStack(call);
      const { file } = stack.config;
      const failed = stack.failures.map(({ name, error }) => ({
        where: file ?? "",
        key: name,
        what: error.message,
      }));
      const warnings = secretsInFile(stack.config, stack).map(
        ({ key, where }) => `${where}: ${key} is a secret in clear; write \${VARIABLE} or file:/path`,
      );
      if (call.args.json) terminal.printJson({ file, problems: failed, warnings });
      for (const one of call.args.json ? [] : failed) terminal.print(formatProblem(one));
      for (const warning of call.args.json ? [] : warnings) terminal.warn(warning);
      if (failed.length === 0 && !call.args.json) terminal.print(`${file ?? "the defaults"}: nothing wrong`);
      return failed.length === 0 ? EXIT.ok : EXIT.usage;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const { problems } = error;
      if (call.args.json) terminal.printJson({ problems, warnings: [] });
      for (const one of call.args.json ? [] : problems) {
        terminal.print(`${formatProblem(one)}${one.hint === undefined ? "" : ` (${one.hint})`}`);
      }
      return EXIT.usage;
    }
  },
});
