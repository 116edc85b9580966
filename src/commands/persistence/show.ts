import type { Config } from "../../config/config.ts";
import { NONE_ENABLED, type Surveyed } from "../../inventory/survey.ts";
import { inventoryJson, PERSISTENCE_SHOW } from "../../results/inventory.ts";
import { keptJson } from "../../results/snapshots.ts";
import { readKept } from "../../snapshot/catalog/kept.ts";
import { freeBytes } from "../../storage/free-space.ts";
import { inventory } from "../../tasks/inventory.ts";
import { valuesOf } from "../../tasks/param.ts";
import type { Colors } from "../../terminal/styles.ts";
import { formatTable } from "../../terminal/table.ts";
import { formatBytes } from "../../units/bytes.ts";
import { toRfc3339 } from "../../units/range.ts";
import { configOf } from "../caller.ts";
import { defineCommand } from "../command.ts";
import { runCall } from "../conduct.ts";
import { exitOf } from "../exit-code.ts";
import { printResult } from "../print-result.ts";

export default defineCommand({
  about: "show where the data and the snapshots are, and how big",
  examples: [{ line: "persistence show", about: "servers, snapshots, free disk" }],
  json: [PERSISTENCE_SHOW],
  async run(call) {
    const { terminal } = call;
    const { result, ending } = await runCall(inventory, { ...call, args: valuesOf(inventory.params, {}) });
    const kept = await keptIn(await configOf(call));
    if (call.json) printResult(call, PERSISTENCE_SHOW, { ...inventoryJson(result), ...kept });
    else {
      for (const line of serverLines(result.findings, terminal.colors)) terminal.print(line);
      if (result.findings.length === 0) terminal.warn(NONE_ENABLED);
      for (const line of snapshotLines(kept, terminal.colors)) terminal.print(line);
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
function serverLines(findings: readonly Surveyed[], colors: Colors): string[] {
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
  return formatTable([{ width: 10, gap: 0 }, { align: "right", width: 11 }, { width: 8 }, {}, {}], rows);
}

function snapshotLines({ directory, freeBytes: free, snapshots }: KeptHere, colors: Colors): string[] {
  const total = snapshots.reduce((sum, { bytes }) => sum + bytes, 0);
  const room = free === undefined ? "" : `, ${formatBytes(free)} free`;
  const head = `${colors.bold("snapshots")} ${snapshots.length}, ${formatBytes(total)} in ${directory}${room}`;
  const rows = snapshots.map(({ path, status, bytes }) => ["", formatBytes(bytes), status, path]);
  return [
    head,
    ...formatTable([{ width: 10, gap: 0 }, { align: "right", width: 11 }, { width: 8 }, {}], rows),
  ];
}

/** `2026-01-24 14:30`. */
const minute = (ns: bigint): string => toRfc3339(ns).slice(0, 16).replace("T", " ");
