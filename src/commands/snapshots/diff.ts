import { snapshotJson } from "../../results/parts.ts";
import { SNAPSHOTS_DIFF } from "../../results/snapshots.ts";
import { type OpenChosen, openChosen, SNAPSHOT } from "../../tasks/snapshots/snapshot-param.ts";
import { printTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { countedUnit } from "../../units/unit-text.ts";
import { counted } from "../../units/words.ts";
import type { FileDifference } from "../../verify/diff.ts";
import { type BackendDifference, compareSnapshots, type UnitDifference } from "../../verify/diff-summary.ts";
import { tellOpened } from "../chain-text.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { placeArgs, withPlaces } from "./places.ts";

export default defineCommand({
  about: "compare two snapshots in records; exit code 5 when they differ",
  args: {
    a: { ...SNAPSHOT, required: true },
    b: { ...SNAPSHOT, required: true },
    ...placeArgs,
    "all-files": { type: "flag", about: "name every file that differs, not the first ten" },
  },
  examples: [
    {
      line: "snapshots diff 20260124-143000 latest",
      about: "what came and what went, by backend and by file",
    },
  ],
  json: [SNAPSHOTS_DIFF],
  paged: () => true,
  async run(call): Promise<ExitCode> {
    await using first = await opened(call, call.args.a);
    await using second = await opened(call, call.args.b);
    const [a, b] = [first.snapshot, second.snapshot];
    const { equal, backends, files } = await compareSnapshots(a, b);
    const { terminal, args: given } = call;
    const names = { a: snapshotJson(a.path), b: snapshotJson(b.path) };
    if (call.json) printResult(call, SNAPSHOTS_DIFF, { ...names, equal, backends, files });
    else {
      printSummary(backends, terminal);
      printFiles(files, given["all-files"], terminal);
    }
    return equal ? EXIT.ok : EXIT.different;
  },
});

async function opened(call: Call<typeof placeArgs>, named: string): Promise<OpenChosen> {
  const { terminal, signal } = call;
  const found = await withPlaces(call, [named], (where) => openChosen({ snapshot: named }, where, signal));
  tellOpened(found, terminal, named);
  return found;
}

/** `loki     equal    1,456 entries`, `grafana  differs  2 objects more, 1 changed (41 objects equal)`. */
const printSummary = (backends: readonly BackendDifference[], terminal: Terminal): void =>
  printTable(
    terminal,
    [{}, {}, {}],
    backends.map(({ backend, equal, units }) => [
      terminal.colors.bold(backend),
      equal ? terminal.colors.green("equal") : terminal.colors.yellow("differs"),
      units.map(unitText).join("; "),
    ]),
  );

function unitText({ unit, more, fewer, changed, both }: UnitDifference): string {
  const differences = [
    more > 0 ? `${countedUnit(more, unit)} more` : "",
    fewer > 0 ? `${countedUnit(fewer, unit)} fewer` : "",
    changed > 0 ? `${countedUnit(changed, unit)} changed` : "",
  ].filter((text) => text !== "");
  if (differences.length === 0) return countedUnit(both, unit);
  return `${differences.join(", ")} (${both.toLocaleString("en")} equal)`;
}

const FILES_SHOWN = 10;

/** Files that differ, by name; equal ones as a number. */
function printFiles(files: readonly FileDifference[], all: boolean, terminal: Terminal): void {
  const differing = files.filter(({ onlyA, onlyB }) => onlyA + onlyB > 0);
  const shown = all ? differing : differing.slice(0, FILES_SHOWN);
  const rows = shown.map(({ file, both, onlyA, onlyB }) => [
    `  ${file}`,
    `${both.toLocaleString("en")} in both`,
    `-${onlyA.toLocaleString("en")}`,
    `+${onlyB.toLocaleString("en")}`,
  ]);
  const right = { align: "right" } as const;
  const hidden = differing.length - shown.length;
  printTable(terminal, [{}, right, right, right], rows);
  if (hidden > 0)
    terminal.tell(`  and ${counted(hidden, "more file", "more files")}: --all-files names them`);
  terminal.tell(`${files.length - differing.length} of ${counted(files.length, "file")} are equal`);
}
