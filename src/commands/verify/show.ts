import * as v from "valibot";
import { rangeToText } from "../../snapshot/format/range-text.ts";
import type { LiveReport } from "../../snapshot/verify/live.ts";
import type { VerifyReport } from "../../snapshot/verify/verify.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { formatBytes } from "../../units/bytes.ts";
import { countedUnit } from "../../units/unit-text.ts";
import { counted } from "../../units/words.ts";

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
  flaws: v.array(v.looseObject({ file: v.string(), what: v.string() })),
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
  { durationMs: _, flaws, ...report }: VerifyReport,
  live: readonly LiveReport[],
): v.InferOutput<typeof verifySchema> => ({
  ...report,
  flaws: flaws.map((flaw) => ({ ...flaw })),
  live: live.map(({ plugin, counted, failed, failure, differences }) => ({
    plugin,
    counted,
    failed,
    ...(failure === undefined ? {} : { failure }),
    differences: differences.map(({ plugin: _, range, ...rest }) => ({ ...rangeToText(range), ...rest })),
  })),
});

/** One line each for what is wrong, then the verdict. */
export function showReport(report: VerifyReport, shownPath: string, terminal: Terminal): void {
  const { colors, noteColors } = terminal;
  for (const { file, line, block, what } of report.flaws) {
    const where = [
      file,
      line === undefined ? "" : `line ${line}`,
      block === undefined ? "" : `block ${block} of the index`,
    ];
    terminal.note(`${noteColors.red("wrong:")} ${where.filter((part) => part !== "").join(", ")}: ${what}`);
  }
  const more = report.flawsTotal - report.flaws.length;
  if (more > 0) terminal.note(`and ${more} more`);
  const verdict = report.sound ? colors.green(SOUND[report.depth]) : colors.red("not what it claims to be");
  terminal.print(`${shownPath}  ${verdict}  ${amountRead(report)}`);
  if (report.sound && report.status !== undefined && report.status !== "complete") {
    terminal.note(
      `it says of itself that it is ${report.status}: contextcore snapshots show tells what is missing`,
    );
  }
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
