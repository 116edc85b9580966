import * as v from "valibot";
import { PACKAGES } from "../licenses/packages.ts";
import { defineCommand } from "./command.ts";
import { EXIT } from "./exit-code.ts";

export default defineCommand({
  about: "print the licences of everything in this program",
  args: { json: { type: "flag", about: "print one JSON array" } },
  examples: [
    { line: "licenses | less", about: "every text in full" },
    { line: "licenses --json", about: "names, versions and licences for a tool" },
  ],
  json: v.array(v.object({ name: v.string(), version: v.string(), license: v.string(), text: v.string() })),
  async run({ args, terminal }) {
    if (args.json) terminal.printJson(PACKAGES);
    for (const { name, version, license, text } of args.json ? [] : PACKAGES) {
      const title = `${terminal.colors.bold(`${name} ${version}`)}: ${license}`;
      terminal.print(title, "", ...text.split("\n"), "");
    }
    return EXIT.ok;
  },
});
