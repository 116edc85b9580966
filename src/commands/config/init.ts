import { basename, join, relative, resolve } from "node:path";
import { FILE_NAME } from "../../config/source.ts";
import { configTemplate } from "../../config/template.ts";
import { CONFIG_INIT } from "../../results/config.ts";
import { writeWhole } from "../../storage/whole-file.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";

export default defineCommand({
  about: "write a commented contextcore.yaml into this directory",
  examples: [{ line: "config init", about: "then open contextcore.yaml and change what differs" }],
  json: [CONFIG_INIT],
  async run(call) {
    const { configFile, directory, terminal } = call;
    const path = configFile === undefined ? join(directory, FILE_NAME) : resolve(directory, configFile);
    const shown = relative(directory, path);
    if (!writeWhole(path, configTemplate(basename(directory) || "stack"), { ifAbsent: true }))
      throw new Error(`${shown} was not written: it exists already, and was left as it is`);
    if (call.json) printResult(call, CONFIG_INIT, { path });
    else terminal.tell(shown);
    return EXIT.ok;
  },
});
