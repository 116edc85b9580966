import { DRILL_LIST, drillsJson, type ListedDrill } from "../../results/drill.ts";
import { newestDrills } from "../../tasks/kept-drills.ts";
import { printTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { minute } from "../../units/range.ts";
import { configOf } from "../caller.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { secondsText, verdictText } from "./verdict.ts";

const SHOWN = 50;

export default defineCommand({
  about: "list the newest drills, what each showed, and how long a recovery would take",
  examples: [{ line: "drill list", about: "when it was last proved that everything comes back" }],
  json: [DRILL_LIST],
  paged: () => true,
  async run(call) {
    const { directory } = await configOf(call);
    const kept = drillsJson(newestDrills(directory, SHOWN));
    if (call.json) printResult(call, DRILL_LIST, kept);
    else show(call.terminal, kept.drills, kept.total);
    return EXIT.ok;
  },
});

function show(terminal: Terminal, drills: readonly ListedDrill[], total: number): void {
  const { colors } = terminal;
  if (total === 0) terminal.tell("no drill has been carried out yet: contextcore drill carries one out");
  printTable(
    terminal,
    [{}, {}, {}, {}, {}],
    drills.map((one) => [
      colors.bold(one.name),
      one.began === undefined ? "" : `${minute(one.began)} UTC`,
      one.verdict === undefined ? colors.red("not readable") : verdictText(one.verdict, colors),
      one.problem ?? one.backends.map(({ backend, verdict }) => `${backend} ${verdict}`).join(", "),
      one.recoverySeconds === undefined ? "" : `recovery about ${secondsText(one.recoverySeconds)}`,
    ]),
  );
  if (total > drills.length) terminal.tell(`and ${(total - drills.length).toLocaleString("en")} older ones`);
}
