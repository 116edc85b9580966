import * as v from "valibot";
import { VERSION } from "../version.ts";
import { defineCommand } from "./command.ts";
import { EXIT } from "./exit-code.ts";

export default defineCommand({
  about: "print the version",
  args: { json: { type: "flag", about: "print one JSON object with the version, runtime and platform" } },
  examples: [{ line: "version --json", about: "what to put into a bug report" }],
  json: v.object({ version: v.string(), bun: v.string(), platform: v.string() }),
  async run({ args, terminal }) {
    const platform = `${process.platform}-${process.arch}`;
    if (args.json) terminal.printJson({ version: VERSION, bun: Bun.version, platform });
    else terminal.print(`contextcore ${VERSION}`);
    return EXIT.ok;
  },
});
