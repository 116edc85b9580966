import * as v from "valibot";
import { blockPlaceSchema } from "../../snapshot/format/block-place.ts";
import { rangeSchema, rangeToText } from "../../snapshot/format/range-text.ts";
import type { Flaw } from "../../snapshot/verify/block-index.ts";
import type { LiveReport } from "../../snapshot/verify/live.ts";
import type { VerifyReport } from "../../snapshot/verify/verify.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { formatBytes } from "../../units/bytes.ts";
import { countedUnit } from "../../units/unit-text.ts";
import { counted } from "../../units/words.ts";
import { exportAgain } from "./again.ts";

const flawSchema = v.object({
  file: v.pipe(v.string(), v.description("relative to the snapshot")),
  what: v.string(),
  plugin: v.exactOptional(v.pipe(v.string(), v.description("whose data it is"))),
  block: v.exactOptional(
    v.pipe(v.number(), v.description("the line of blocks.jsonl that tells of the block, from 1")),
  ),
  line: v.exactOptional(v.pipe(v.number(), v.description("the line of the file, uncompressed, from 1"))),
  lines: v.exactOptional(
    v.pipe(
      v.object({ first: v.number(), last: v.number() }),
      v.description("the lines of the file, uncompressed, that the block's records are"),
    ),
  ),
  ...v.partial(blockPlaceSchema).entries,
});

export const verifySchema = v.object({
  path: v.string(),
  sound: v.pipe(v.boolean(), v.description("nothing is wrong")),
  depth: v.string(),
  status: v.optional(v.pipe(v.string(), v.description("what the manifest says of itself"))),
  files: v.number(),
  blocks: v.number(),
  records: v.number(),
  bytes: v.pipe(v.number(), v.description("bytes of data that were read")),
  flawsTotal: v.number(),
  flaws: v.pipe(v.array(flawSchema), v.description("the first thousand")),
  damaged: v.pipe(
    v.array(
      v.object({
        plugin: v.string(),
        blocks: v.number(),
        ranges: v.array(rangeSchema),
        again: v.pipe(
          v.array(v.string()),
          v.description("the commands that export it once more, as long as the server has it"),
        ),
      }),
    ),
    v.description("the blocks of data that something is wrong with, added up"),
  ),
  live: v.array(
    v.object({
      plugin: v.string(),
      counted: v.number(),
      failed: v.pipe(v.number(), v.description("windows that the server should have counted, and did not")),
      failure: v.optional(v.string()),
      differences: v.array(
        v.object({
          from: v.string(),
          to: v.string(),
          unit: v.string(),
          saved: v.number(),
          server: v.number(),
          verdict: v.string(),
        }),
      ),
    }),
  ),
});

/** The report as `--json` prints it, without how long it took. @param live what counting on the servers gave; none without `--live` */
export const verifyJson = (
  { durationMs: _, flaws, damaged, ...report }: VerifyReport,
  live: readonly LiveReport[],
): v.InferOutput<typeof verifySchema> => ({
  ...report,
  flaws: flaws.map((flaw) => ({ ...flaw })),
  damaged: damaged.map(({ plugin, blocks, ranges }) => ({
    plugin,
    blocks,
    ranges: ranges.map(rangeToText),
    again: exportAgain(plugin, ranges),
  })),
  live: live.map(({ plugin, counted, failed, failure, differences }) => ({
    plugin,
    counted,
    failed,
    ...(failure === undefined ? {} : { failure }),
    differences: differences.map(({ plugin: _, range, ...rest }) => ({ ...rangeToText(range), ...rest })),
  })),
});

/** One line each for what is wrong, then the verdict, and what to do. */
export function showReport(report: VerifyReport, shownPath: string, terminal: Terminal): void {
  const { colors, noteColors } = terminal;
  for (const flaw of report.flaws)
    terminal.note(`${noteColors.red("wrong:")} ${whereOf(flaw)}: ${flaw.what}`);
  const more = report.flawsTotal - report.flaws.length;
  if (more > 0) terminal.note(`and ${more} more`);
  const verdict = report.sound ? colors.green(SOUND[report.depth]) : colors.red("not what it claims to be");
  terminal.print(`${shownPath}  ${verdict}  ${amountRead(report)}`);
  adviseOnDamage(report, shownPath, terminal);
  if (report.sound && report.status !== undefined && report.status !== "complete") {
    terminal.note(
      `it says of itself that it is ${report.status}: contextcore snapshots show tells what is missing`,
    );
  }
}

/** `logs.json, lines 101 to 200, block 87 of the index, bytes 19937743 to 20001234, 2026-… to 2026-…`. */
function whereOf({ file, line, lines, block, bytes, range }: Flaw): string {
  const parts = [
    file,
    line === undefined ? "" : `line ${line}`,
    lines === undefined || line !== undefined ? "" : linesText(lines),
    block === undefined ? "" : `block ${block} of the index`,
    bytes === undefined ? "" : `bytes ${bytes.from} to ${bytes.to}`,
    range === undefined ? "" : `${range.from} to ${range.to}`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}

const linesText = ({ first, last }: { readonly first: number; readonly last: number }): string =>
  first === last ? `line ${first}` : `lines ${first} to ${last}`;

/** What can still be done about damaged data. */
function adviseOnDamage({ damaged }: VerifyReport, shownPath: string, terminal: Terminal): void {
  const { noteColors } = terminal;
  for (const { plugin, blocks, ranges } of damaged) {
    const them = blocks === 1 ? "it" : "them";
    terminal.note(
      `${noteColors.yellow("damaged:")} ${counted(blocks, "block")} of ${plugin}; while the server has the data, export ${them} again:`,
    );
    for (const command of exportAgain(plugin, ranges)) terminal.note(`  ${command}`);
  }
  if (damaged.length > 0)
    terminal.note(
      `Another copy of this snapshot may have the blocks whole. contextcore restore ${shownPath} puts back the others and leaves these out.`,
    );
}

/** How far "nothing is wrong" goes. */
const SOUND = { sizes: "sizes and index fit", checksums: "sound", lines: "sound" } as const;

function amountRead({ depth, files, blocks, bytes }: VerifyReport): string {
  const read = depth === "sizes" ? "contents were not read" : `${formatBytes(bytes)} read`;
  return `${counted(files, "file")}, ${counted(blocks, "block")}, ${read}`;
}

const SENTENCES = {
  expired: "since expired on the server",
  late: "arrived on the server after the export",
  differs: "no longer on the server, though its retention does not explain it",
} as const;

/** What the servers hold now, beside what was saved. */
export function showLive(reports: readonly LiveReport[], terminal: Terminal): void {
  for (const { plugin, counted: again, failed, failure, differences } of reports) {
    terminal.print(
      `${terminal.colors.bold(plugin)}  ${counted(again, "window")} counted again, ${differences.length} ${differences.length === 1 ? "differs" : "differ"}`,
    );
    if (failed > 0)
      terminal.note(
        `${terminal.noteColors.red("not counted:")} ${counted(failed, "window")} of ${plugin}: ${failure ?? "no reason given"}`,
      );
    for (const { range, unit, saved, server, verdict } of differences) {
      const { from, to } = rangeToText(range);
      const amount = countedUnit(Math.abs(server - saved), unit);
      terminal.print(`  ${amount} ${SENTENCES[verdict]} (${from} to ${to})`);
    }
  }
}
