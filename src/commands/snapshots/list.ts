import { basename } from "node:path";
import type { Config } from "../../config/config.ts";
import { SNAPSHOTS_LIST, snapshotsJson } from "../../results/snapshots.ts";
import { coverageOf } from "../../snapshot/catalog/coverage.ts";
import { addCounts } from "../../snapshot/format/counts.ts";
import { snapshotName } from "../../snapshot/format/name.ts";
import {
  type ListedSnapshot,
  listHere,
  listPlace,
  type SnapshotListing,
} from "../../tasks/list-snapshots.ts";
import { readHeldHere } from "../../tasks/snapshots/held.ts";
import { storesFor } from "../../tasks/snapshots/named-snapshot.ts";
import { PLACE } from "../../tasks/snapshots/places.ts";
import { openContext } from "../../tasks/stack/stack.ts";
import { formatTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { wrapWords } from "../../terminal/wrap.ts";
import { formatBytes } from "../../units/bytes.ts";
import { minute } from "../../units/range.ts";
import { countsText } from "../../units/unit-text.ts";
import { callerOf, configOf } from "../caller.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { coverageLines } from "./coverage-picture.ts";
import { heldText } from "./held-text.ts";
import { placeArgs } from "./places.ts";

const args = { place: PLACE, ...placeArgs } as const;

export default defineCommand({
  about: "list the kept snapshots, where each is held, and which part of each backend's time line they hold",
  args,
  examples: [
    { line: "snapshots list", about: "newest last" },
    { line: "snapshots list --place offsite", about: "the copies in a place, looked at now" },
  ],
  json: [SNAPSHOTS_LIST],
  paged: () => true,
  async run(call): Promise<ExitCode> {
    const listing = await listed(call);
    if (call.json) printResult(call, SNAPSHOTS_LIST, snapshotsJson(listing));
    else show(call.terminal, listing);
    for (const { path, reason } of listing.unreadable) call.terminal.warn(`${path}: ${reason}`);
    return listing.unreadable.length > 0 ? EXIT.partial : EXIT.ok;
  },
});

async function listed(call: Call<typeof args>): Promise<SnapshotListing> {
  const { place } = call.args;
  if (place === undefined) {
    const config = await configOf(call);
    return listHere(config, await readHeldHere(config));
  }
  const opens = (config: Config) => ({ ...storesFor([], config, place), asksNothing: true }) as const;
  return listPlace(await openContext(callerOf(call), opens), place, call.args);
}

function show(terminal: Terminal, listing: SnapshotListing): void {
  const { snapshots, sealed, unfinished, place, backups } = listing;
  const { bold, yellow } = terminal.colors;
  if (snapshots.length + sealed.length === 0) terminal.tell(`no snapshots in ${place ?? backups}`);
  for (const line of snapshotLines(terminal, snapshots)) terminal.print(line);
  for (const line of sealedLines(terminal, sealed)) terminal.print(line);
  for (const { path, finishedBy } of unfinished)
    terminal.tell(
      `${bold(place === undefined ? basename(path) : snapshotName(path))}  ${yellow("unfinished")}: ${finishedBy}`,
    );
  const picture = coverageLines(terminal, coverageOf(snapshots.map(({ snapshot }) => snapshot)));
  if (picture.length > 0) terminal.print("", ...picture);
}

/** `(13 entries taken out)` */
function erasedText(all: NonNullable<ListedSnapshot["snapshot"]["manifest"]["erased"]>): string {
  const counts: Record<string, number> = {};
  for (const one of all) addCounts(counts, one.counts);
  return `(${countsText(counts)} taken out)`;
}

/** What is in them only the holder of their identity sees. */
function sealedLines({ colors }: Terminal, sealed: SnapshotListing["sealed"]): string[] {
  const rows = sealed.map(({ path, created, bytes, held }) => [
    colors.bold(snapshotName(path)),
    colors.yellow("encrypted"),
    formatBytes(bytes),
    `copied ${minute(created)}`,
    heldText({ isHere: false, held }, colors),
    colors.dim("--identity FILE shows what it holds"),
  ]);
  return formatTable([{}, {}, { align: "right" }, {}, {}, {}], rows);
}

/** One line each; on a narrow terminal the backends go below. Where they are held is told once there are copies. */
function snapshotLines(terminal: Terminal, snapshots: readonly ListedSnapshot[]): string[] {
  const { colors } = terminal;
  const paint = { complete: colors.green, partial: colors.yellow, failed: colors.red };
  const isCopied = snapshots.some(({ held }) => held.length > 0);
  const rows = snapshots.map((one) => {
    const { path, manifest } = one.snapshot;
    return [
      colors.bold(snapshotName(path)),
      paint[manifest.status](manifest.status),
      formatBytes(manifest.bytes),
      `${minute(manifest.range.from)} to ${minute(manifest.range.to)}`,
      ...(isCopied ? [heldText(one, colors)] : []),
    ];
  });
  const backends = snapshots.map(({ snapshot: { manifest } }) =>
    manifest.plugins
      .map(({ name, match }) => (match === undefined ? name : `${name} (only ${match})`))
      .concat(manifest.erased === undefined ? [] : [erasedText(manifest.erased)])
      .join(" "),
  );
  const columns = [{}, {}, { align: "right" }, {}, ...(isCopied ? [{}] : []), {}] as const;
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
