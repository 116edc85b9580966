import { VERSION_RESULT } from "../../results/program.ts";
import { VERSION } from "../../version.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";

export default defineCommand({
  about: "print the version",
  examples: [{ line: "version --json", about: "what to put into a bug report" }],
  json: [VERSION_RESULT],
  async run(call) {
    const platform = `${process.platform}-${process.arch}`;
    if (call.json) printResult(call, VERSION_RESULT, { version: VERSION, bun: Bun.version, platform });
    else call.terminal.print(`contextcore ${VERSION}`);
    return EXIT.ok;
  },
});
