import { uncountedLine, uncountedToText } from "../../reconcile/uncounted.ts";
import { exportAgain } from "../../results/export-again.ts";
import { addedUp } from "../../results/verify.ts";
import type { Chosen } from "../../snapshot/catalog/choose.ts";
import { rangeToText } from "../../snapshot/format/range-text.ts";
import type { Verified } from "../../tasks/verify.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { formatBytes } from "../../units/bytes.ts";
import { countedUnit } from "../../units/unit-text.ts";
import { counted, listed } from "../../units/words.ts";
import type { Flaw } from "../../verify/block-index.ts";
import { countOf } from "../../verify/compare-objects.ts";
import type { LiveReport } from "../../verify/live.ts";
import type { VerifyReport } from "../../verify/verify.ts";
import { chainText, namesText } from "../chain-text.ts";

/** Which backends are covered, how far, and what was not checked. */
function showCoverage({ chains, others }: Chosen, terminal: Terminal): void {
  for (const chain of chains) terminal.detail(`covered: ${chainText(chain)}`);
  if (others.length > 0) terminal.tell(`not covered: ${namesText(others)}: contextcore verify --all`);
}

/** Beyond this many snapshots, only those with something to report are listed. */
const TOLD_MAX = 10;

/** What was covered, then the result of each snapshot, then the overall result. @param shown how to show a path */
export function showReports(
  { reports, chosen, live }: Verified,
  shown: (path: string) => string,
  terminal: Terminal,
): void {
  if (chosen !== undefined) showCoverage(chosen, terminal);
  for (const report of reports) {
    const isPlain = report.sound && report.status === "complete";
    if (!isPlain || reports.length <= TOLD_MAX) showReport(report, shown(report.path), terminal);
  }
  const [first] = reports;
  if (first !== undefined && reports.length > 1) {
    const all = { ...first, ...addedUp(reports) };
    terminal.tell(`${counted(reports.length, "snapshot")}  ${verdictOn(all, terminal)}  ${amountRead(all)}`);
  }
  showLive(live, terminal);
}

/** One line for each flaw, then the verdict, and what to do. */
function showReport(report: VerifyReport, shownPath: string, terminal: Terminal): void {
  for (const flaw of report.flaws) terminal.fault("wrong", `${whereOf(flaw)}: ${flaw.message}`);
  const more = report.flawsTotal - report.flaws.length;
  if (more > 0) terminal.last(`and ${more} more`);
  tellLitter(report, terminal);
  terminal.tell(`${shownPath}  ${verdictOn(report, terminal)}  ${amountRead(report)}`);
  if (report.depth === "stored") terminal.note("what is in it was not looked at: --identity FILE opens it");
  adviseOnDamage(report, shownPath, terminal);
  if (report.sound && report.status !== undefined && report.status !== "complete") {
    terminal.note(
      `the snapshot itself is ${report.status}: contextcore snapshots show lists what is missing`,
    );
  }
}

const LITTER_SHOWN = 3;

function tellLitter({ litter }: VerifyReport, { note }: Terminal): void {
  if (litter.length === 0) return;
  const more = litter.length - LITTER_SHOWN;
  const names = [
    ...litter.slice(0, LITTER_SHOWN),
    ...(more > 0 ? [`${more.toLocaleString("en")} more`] : []),
  ];
  note(`note: other programs have left ${listed(names)} there, which no part of the snapshot is`);
}

const verdictOn = ({ sound, depth }: VerifyReport, { colors }: Terminal): string =>
  sound ? colors.green(SOUND[depth]) : colors.red("damaged");

/** `logs.json, lines 101 to 200, block 87 of the index, bytes 19937743 to 20001234, 2026-… to 2026-…`. */
function whereOf({ subject, line, lines, block, bytes, range }: Flaw): string {
  const parts = [
    subject,
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
      `${noteColors.yellow("damaged:")} ${counted(blocks, "block")} of ${plugin}; while the server still has the data, export ${them} again:`,
    );
    for (const command of exportAgain(plugin, ranges)) terminal.note(`  ${command}`);
  }
  if (damaged.length > 0)
    terminal.note(
      `Another copy of this snapshot may have these blocks intact. contextcore restore ${shownPath} restores the others and leaves these out.`,
    );
}

/** How far "nothing is wrong" goes. */
const SOUND = {
  sizes: "sizes and index match",
  checksums: "sound",
  lines: "sound",
  stored: "stored as it was written",
} as const;

function amountRead({ depth, files, blocks, blocksRead, bytes }: VerifyReport): string {
  if (depth === "stored")
    return `${blocksRead.toLocaleString("en")} of ${counted(blocks, "object")}, ${formatBytes(bytes)} read`;
  const read = depth === "sizes" ? "contents were not read" : `${formatBytes(bytes)} read`;
  const part = depth === "sizes" || blocksRead === blocks ? "" : `${blocksRead.toLocaleString("en")} of `;
  return `${counted(files, "file")}, ${part}${counted(blocks, "block")}, ${read}`;
}

const SENTENCES = {
  expired: "since expired on the server",
  missing: "of the server were missing from the snapshot already",
  late: "arrived on the server after the export",
  differs: "no longer on the server, which its retention does not explain",
} as const;

/** What the servers hold now, beside what was saved. */
function showLive(reports: readonly LiveReport[], terminal: Terminal): void {
  for (const report of reports) {
    const { plugin, counted: again, failed, failure, uncounted, differences } = report;
    terminal.tell(
      `${terminal.colors.bold(plugin)}  ${counted(again, "window")} counted again, ${differences.length} ${differences.length === 1 ? "differs" : "differ"}`,
    );
    if (failed > 0)
      terminal.fault(
        "not counted",
        `${counted(failed, "window")} of ${plugin}: ${failure ?? "no reason given"}`,
      );
    for (const part of uncounted.map(uncountedToText))
      terminal.fault("not counted", `${plugin}: ${uncountedLine(part)}`);
    for (const { range, unit, saved, server, verdict } of differences) {
      const { from, to } = rangeToText(range);
      const amount = countedUnit(Math.abs(server - saved), unit);
      terminal.tell(`  ${amount} ${SENTENCES[verdict]} (${from} to ${to})`);
    }
    showObjects(report, terminal);
  }
}

const STATES = {
  missing: "not on the server",
  differs: "differs",
  unknown: "could not be compared",
  equal: "the same",
} as const;

/** Each object that is not the same on the server, by name. */
function showObjects({ plugin, objects, objectsFailure }: LiveReport, terminal: Terminal): void {
  const { colors } = terminal;
  if (objectsFailure !== undefined)
    terminal.fault("not compared", `the objects of ${plugin}: ${objectsFailure}`);
  if (objects === undefined) return;
  const all = [
    objects.missingCounts,
    objects.equalCounts,
    objects.differingCounts,
    objects.unknownCounts,
  ].map(countOf);
  const total = all.reduce((sum, one) => sum + one, 0);
  if (total === 0) return;
  const different = countOf(objects.missingCounts) + countOf(objects.differingCounts);
  terminal.tell(
    `${colors.bold(plugin)}  ${counted(total, "object")} compared, ${different} ${different === 1 ? "differs" : "differ"}`,
  );
  for (const { state, name, what } of objects.objects)
    terminal.tell(`  ${name}: ${[STATES[state], what].filter((one) => one !== undefined).join(": ")}`);
}
