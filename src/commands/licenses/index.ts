import { PACKAGES } from "../../licenses/packages.ts";
import { LICENSES } from "../../results/program.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";

export default defineCommand({
  about: "print the licences of everything in this program",
  examples: [
    { line: "licenses | less", about: "every text in full" },
    { line: "licenses --json", about: "names, versions and licences for a tool" },
  ],
  json: [LICENSES],
  paged: () => true,
  async run(call) {
    const { json, terminal } = call;
    if (json) printResult(call, LICENSES, { packages: PACKAGES });
    for (const { name, version, license, text } of json ? [] : PACKAGES) {
      const title = `${terminal.colors.bold(`${name} ${version}`)}: ${license}`;
      terminal.print(title, "", ...text.split("\n"), "");
    }
    return EXIT.ok;
  },
});
