import { basename } from "node:path";
import { SNAPSHOTS_LIST, snapshotsJson } from "../../results/snapshots.ts";
import { coverageOf } from "../../snapshot/catalog/coverage.ts";
import { type KeptSnapshot, type KeptSnapshots, misnamedIn, readKept } from "../../snapshot/catalog/kept.ts";
import { listPartials } from "../../snapshot/write/partial.ts";
import { formatTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { wrapWords } from "../../terminal/wrap.ts";
import { formatBytes } from "../../units/bytes.ts";
import { minute } from "../../units/range.ts";
import { configOf } from "../caller.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { coverageLines } from "./coverage-picture.ts";

export default defineCommand({
  about: "list the kept snapshots, and which part of each backend's time line they hold",
  examples: [{ line: "snapshots list", about: "newest last" }],
  json: [SNAPSHOTS_LIST],
  paged: () => true,
  async run(call): Promise<ExitCode> {
    const { backups } = await configOf(call);
    const kept = await readKept(backups);
    const { snapshots } = kept;
    const unreadable = [...kept.unreadable, ...(await misnamedIn(backups))];
    const unfinished = await listPartials(backups);
    if (call.json)
      printResult(call, SNAPSHOTS_LIST, snapshotsJson(backups, { snapshots, unfinished, unreadable }));
    else show(call, backups, { snapshots, unfinished });
    for (const { path, reason } of unreadable) call.terminal.warn(`${path}: ${reason}`);
    return unreadable.length > 0 ? EXIT.partial : EXIT.ok;
  },
});

function show(
  { terminal }: Call,
  backups: string,
  { snapshots, unfinished }: Pick<KeptSnapshots, "snapshots"> & { readonly unfinished: readonly string[] },
): void {
  const { bold, yellow } = terminal.colors;
  if (snapshots.length === 0) terminal.tell(`no snapshots in ${backups}`);
  for (const line of snapshotLines(terminal, snapshots)) terminal.print(line);
  for (const path of unfinished)
    terminal.tell(`${bold(basename(path))}  ${yellow("unfinished")}: contextcore export --resume`);
  const picture = coverageLines(terminal, coverageOf(snapshots));
  if (picture.length > 0) terminal.print("", ...picture);
}

/** One line each; on a narrow terminal the backends go below. */
function snapshotLines(terminal: Terminal, snapshots: readonly KeptSnapshot[]): string[] {
  const { colors } = terminal;
  const paint = { complete: colors.green, partial: colors.yellow, failed: colors.red };
  const rows = snapshots.map(({ path, manifest }) => [
    colors.bold(basename(path)),
    paint[manifest.status](manifest.status),
    formatBytes(manifest.bytes),
    `${minute(manifest.range.from)} to ${minute(manifest.range.to)}`,
  ]);
  const backends = snapshots.map(({ manifest }) =>
    manifest.plugins
      .map(({ name, match }) => (match === undefined ? name : `${name} (only ${match})`))
      .join(" "),
  );
  const columns = [{}, {}, { align: "right" }, {}, {}] as const;
  const wide = formatTable(
    columns,
    rows.map((row, index) => [...row, backends[index] ?? ""]),
  );
  const width = terminal.width();
  if (wide.every((line) => Bun.stringWidth(line) <= width)) return wide;
  return formatTable(columns, rows).flatMap((line, index) => [
    ...wrapWords(line, width, 2),
    ...wrapWords(`  ${colors.dim(backends[index] ?? "")}`, width),
  ]);
}
