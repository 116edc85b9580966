import { RETENTION_SHOW, retentionJson } from "../../results/retention.ts";
import { keepingTime } from "../../retention/classes.ts";
import { type RetentionShown, retentionShow } from "../../tasks/retention-show.ts";
import { printTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { formatBytes } from "../../units/bytes.ts";
import { minute } from "../../units/range.ts";
import { counted } from "../../units/words.ts";
import { defineCommand } from "../command.ts";
import { runCall } from "../conduct.ts";
import { exitOf } from "../exit-code.ts";
import { missingLines } from "../print-inventory.ts";
import { printResult } from "../print-result.ts";

export default defineCommand({
  about: retentionShow.about,
  args: retentionShow.params,
  examples: [
    { line: "retention show", about: "how old is what there is of each class, and when does it go?" },
    {
      line: "retention show --json",
      about: "for a script; `disagreements` says which setting to change where",
    },
  ],
  json: [RETENTION_SHOW],
  paged: () => true,
  async run(call) {
    const { result, ending } = await runCall(retentionShow, call);
    if (call.json) printResult(call, RETENTION_SHOW, retentionJson(result));
    else printRetention(call.terminal, result);
    return exitOf(ending);
  },
});

type Holding = RetentionShown["holdings"][number];

/** A table for each class, and what disagrees with it; what could not be looked at on stderr. */
function printRetention(terminal: Terminal, shown: RetentionShown): void {
  const { bold, yellow } = terminal.colors;
  for (const { name, kept, isDefined } of shown.classes) {
    const own = shown.holdings.filter((one) => one.class === name);
    const what = isDefined
      ? `kept for ${keepingTime(kept)}`
      : `not defined any more, so kept for ${keepingTime(kept)}`;
    terminal.print(`${bold(name)}: ${what}${own.length === 0 ? "; there is nothing of it" : ""}`);
    printHoldings(terminal, own);
  }
  const others = shown.holdings.filter((one) => one.class === undefined);
  if (others.length > 0) terminal.print(`${bold("no class")}: kept for times of their own`);
  printHoldings(terminal, others);
  for (const { subject, message, hint } of shown.disagreements)
    terminal.print(`${yellow(subject)}: ${message}`, ...(hint === undefined ? [] : [`  ${hint}`]));
  for (const lines of missingLines(shown.missing)) terminal.warn(...lines);
  for (const { path, reason } of shown.unreadable) terminal.warn(`${path}: ${reason}`);
}

const printHoldings = (terminal: Terminal, holdings: readonly Holding[]): void =>
  printTable(
    terminal,
    [{ width: 2, gap: 0 }, {}, { align: "right" }, {}, {}],
    holdings.map((one) => ["  ", placeText(one), sizeText(one), oldestText(one), goesText(one, terminal)]),
  );

function placeText({ what, backend = "", place = "", count = 0 }: Holding): string {
  const texts: Readonly<Record<Holding["what"], string>> = {
    server: `${backend} on its server`,
    snapshots: `${backend} in ${counted(count, "snapshot")} here`,
    copies: `${backend} in ${counted(count, "copy", "copies")} in ${place}`,
    runs: `${counted(count, "run")} in the log of runs`,
    trail: "the audit trail",
  };
  return texts[what];
}

const sizeText = ({ bytes }: Holding): string => (bytes === undefined ? "" : formatBytes(bytes));

const oldestText = ({ oldest }: Holding): string =>
  oldest === undefined ? "" : `since ${minute(oldest)} UTC`;

function goesText({ due, isDue, serverKeeps }: Holding, { colors }: Terminal): string {
  const own =
    serverKeeps === undefined
      ? ""
      : serverKeeps === "unlimited"
        ? ", and its server keeps it for ever"
        : `, and its server deletes it after ${keepingTime(serverKeeps)}`;
  if (due === undefined) return own.replace(/^, and /, "");
  return `${isDue ? colors.yellow(`due since ${minute(due)} UTC`) : `due ${minute(due)} UTC`}${own}`;
}
