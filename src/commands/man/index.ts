import { VERSION } from "../../version.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { toManual } from "./manual.ts";

export default defineCommand({
  about: "print the manual page: every command and flag on one page",
  examples: [
    { line: "man | man -l -", about: "shows it" },
    {
      line: "man > ~/.local/share/man/man1/contextcore.1",
      about: "for `man contextcore`; install.sh does it",
    },
  ],
  async run({ terminal, root }) {
    terminal.print(...(await toManual(root, VERSION)).trimEnd().split("\n"));
    return EXIT.ok;
  },
});
