import type { Config } from "../../config/config.ts";
import { NONE_ENABLED, type Surveyed } from "../../inventory/survey.ts";
import { inventoryJson, PERSISTENCE_SHOW } from "../../results/inventory.ts";
import { keptJson } from "../../results/snapshots.ts";
import { readKept } from "../../snapshot/catalog/kept.ts";
import { freeBytes } from "../../storage/free-space.ts";
import { inventory } from "../../tasks/inventory.ts";
import { valuesOf } from "../../tasks/task/param.ts";
import { printTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { formatBytes } from "../../units/bytes.ts";
import { minute } from "../../units/range.ts";
import { configOf } from "../caller.ts";
import { defineCommand } from "../command.ts";
import { runCall } from "../conduct.ts";
import { exitOf } from "../exit-code.ts";
import { printResult } from "../print-result.ts";

export default defineCommand({
  about: "show where the data and the snapshots are, and how big",
  examples: [{ line: "persistence show", about: "servers, snapshots, free disk" }],
  json: [PERSISTENCE_SHOW],
  paged: () => true,
  async run(call) {
    const { terminal } = call;
    const { result, ending } = await runCall(inventory, { ...call, args: valuesOf(inventory.params, {}) });
    const kept = await keptIn(await configOf(call));
    if (call.json) printResult(call, PERSISTENCE_SHOW, { ...inventoryJson(result), ...kept });
    else {
      printServers(result.findings, terminal);
      if (result.findings.length === 0) terminal.warn(NONE_ENABLED);
      printSnapshots(kept, terminal);
    }
    return exitOf(ending);
  },
});

type KeptHere = Awaited<ReturnType<typeof keptIn>>;

async function keptIn({ backups }: Config) {
  const { snapshots } = await readKept(backups);
  return {
    directory: backups,
    freeBytes: freeBytes(backups),
    snapshots: snapshots.map(keptJson),
  };
}

/** Each server: its size, how that was determined, its time line, and its address. */
function printServers(findings: readonly Surveyed[], terminal: Terminal): void {
  const { colors } = terminal;
  const rows = findings.map((finding) => {
    const url = finding.open?.url ?? "";
    if (finding.state !== "reached")
      return [colors.bold(finding.name), colors.red(finding.state), "", "", url];
    const { size, inventory } = finding;
    const { oldest, newest } = inventory;
    const line = oldest === undefined || newest === undefined ? "" : `${minute(oldest)} to ${minute(newest)}`;
    return [
      colors.bold(finding.name),
      size === undefined ? "unknown" : formatBytes(size.bytes),
      size === undefined ? "" : `${size.source}${size.isAtMost === true ? ", at most" : ""}`,
      line,
      url,
    ];
  });
  printTable(terminal, [...COLUMNS, {}, {}], rows);
}

const COLUMNS = [{ width: 10, gap: 0 }, { align: "right", width: 11 }, { width: 8 }] as const;

function printSnapshots({ directory, freeBytes: free, snapshots }: KeptHere, terminal: Terminal): void {
  const { bold } = terminal.colors;
  const total = snapshots.reduce((sum, { bytes }) => sum + bytes, 0);
  const room = free === undefined ? "" : `, ${formatBytes(free)} free`;
  const head = `${bold("snapshots")} ${snapshots.length}, ${formatBytes(total)} in ${directory}${room}`;
  const rows = snapshots.map(({ path, status, bytes }) => ["", formatBytes(bytes), status, path]);
  terminal.tell(head);
  printTable(terminal, [...COLUMNS, {}], rows);
}
