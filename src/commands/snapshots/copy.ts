import { copyJson, SNAPSHOTS_COPY } from "../../results/copy.ts";
import { type CopyReport, copiedText, copy } from "../../tasks/copy.ts";
import { printTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { formatBytes } from "../../units/bytes.ts";
import { minute } from "../../units/range.ts";
import { counted } from "../../units/words.ts";
import { defineCommand } from "../command.ts";
import { runCall } from "../conduct.ts";
import { exitOf } from "../exit-code.ts";
import { printResult } from "../print-result.ts";

export default defineCommand({
  about: copy.about,
  args: copy.params,
  examples: [
    { line: "snapshots copy latest --to offsite", about: "the newest complete one, with what it continues" },
    { line: "snapshots copy 20260124-143000 --to offsite --chain", about: "a named one, likewise" },
  ],
  json: [SNAPSHOTS_COPY],
  async run(call) {
    const { result, ending } = await runCall(copy, call);
    if (call.json) printResult(call, SNAPSHOTS_COPY, copyJson(result));
    else show(result, call.terminal);
    return exitOf(ending);
  },
});

function show({ place, copies, lacking }: CopyReport, terminal: Terminal): void {
  const rows = copies.map(({ where, copy: { objects }, sent, lockedUntil }) => [
    terminal.colors.bold(where),
    counted(objects.length, "object"),
    formatBytes(objects.reduce((sum, { bytes }) => sum + bytes, 0)),
    sent.objects === 0 ? "was there already" : `${counted(sent.objects, "object")} sent`,
    lockedUntil === undefined ? "" : `locked until ${minute(lockedUntil)}`,
  ]);
  const { detail: print, width } = terminal;
  printTable({ print, width }, [{}, { align: "right" }, { align: "right" }, {}, {}], rows);
  for (const { name, reason } of lacking)
    terminal.fault("missing", `${place} has no copy of ${name}, which these continue: ${reason}`);
  terminal.last(copiedText(place, copies));
}
