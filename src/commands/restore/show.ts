import { inTheWay } from "../../restore/compared.ts";
import { lostToText } from "../../restore/lost.ts";
import { type PlannedRestore, plannedCounts, type RestoreTarget } from "../../restore/plan.ts";
import type { RestoreReport } from "../../restore/report.ts";
import { shortfalls } from "../../restore/shortfalls.ts";
import { snapshotsOf } from "../../snapshot/catalog/chain-claims.ts";
import { tenantText } from "../../tasks/restore-refusals.ts";
import { formatTable, printTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { shortPath } from "../../units/short-path.ts";
import { countsText } from "../../units/unit-text.ts";
import { counted } from "../../units/words.ts";
import { countOf } from "../../verify/compare-objects.ts";
import { chainText } from "../chain-text.ts";
import { lostLines } from "./show-lost.ts";

const SEVERITY = {
  refuses: "would be refused",
  alters: "would be altered",
  hides: "would be hidden",
  note: "note",
};

/** What would be written where, and what the servers would refuse, alter or hide, each with the setting to change. */
export function showPlan(plan: PlannedRestore, terminal: Terminal, out: "print" | "note"): void {
  const { chains, targets, leftOut, notChosen } = plan;
  const colors = out === "print" ? terminal.colors : terminal.noteColors;
  const say = (text: string): void => (out === "print" ? terminal.tell(text) : terminal.note(text));
  const rows = targets.map((target) => [
    colors.bold(target.name),
    `${target.isAtMost ? "at most " : ""}${countsText(plannedCounts(target))} ${colors.dim("to")} ${target.open.url ?? target.name}`,
  ]);
  const width = out === "print" ? terminal.width() : undefined;
  for (const line of formatTable([{}, {}], rows, width)) terminal[out](line);
  if (snapshotsOf(chains).length > 1)
    for (const chain of chains)
      if (targets.some(({ name }) => name === chain.backend))
        say(`${colors.dim("from")} ${chainText(chain)}`);
  for (const target of targets) {
    const held = heldText(target);
    if (held !== undefined)
      say(`${colors.yellow(`${target.name}: holds already:`)} ${held}; what is the same stays as it is`);
  }
  for (const target of targets) for (const line of comparedLines(target, colors)) say(line);
  for (const { name, findings } of targets) {
    for (const { severity, message, setting } of findings) {
      say(`${colors.yellow(`${name}: ${SEVERITY[severity]}:`)} ${message}`);
      if (setting !== undefined) say(`  ${colors.dim("setting:")} ${setting}`);
    }
  }
  for (const { name, lost } of targets)
    sayAll(lostLines(name, lost.map(lostToText)), colors.red("damaged:"), say);
  for (const { name, reason } of notChosen) say(`${colors.dim("not chosen:")} ${name}: ${reason}`);
  for (const { name, reason } of leftOut) say(`${colors.red("left out:")} ${name}: ${reason}`);
}

/** Up to this many objects are named; the JSON output has them all. */
const NAMED_MAX = 20;

/** What is new, the same, and different on a server; of the latter each by name. */
function comparedLines(target: RestoreTarget, colors: Terminal["colors"]): string[] {
  const { name, compared, existing } = target;
  if (compared === undefined) return [];
  const { missingCounts, equalCounts, differingCounts, unknownCounts } = compared;
  const parts = [
    ["new", missingCounts],
    ["the same", equalCounts],
    ["different", differingCounts],
    ["not comparable", unknownCounts],
  ] as const;
  const told = parts.filter(([, counts]) => countOf(counts) > 0);
  const summary = told.map(([label, counts]) => `${label}: ${countsText(counts)}`).join("; ");
  const named = inTheWay(target);
  const what = existing === "replace" ? "is replaced" : "stays as it is; --existing replace overwrites it";
  return [
    `${colors.dim(`${name}: compared:`)} ${summary}`,
    ...(named.length === 0 ? [] : [`${colors.yellow(`${name}: different:`)} what is there ${what}`]),
    ...namedLines(named),
  ];
}

function namedLines(named: readonly { readonly name: string; readonly what?: string }[]): string[] {
  const more = named.length - NAMED_MAX;
  return [
    ...named.slice(0, NAMED_MAX).map(({ name, what }) => `  ${name}: ${what ?? "it differs"}`),
    ...(more > 0 ? [`  and ${more.toLocaleString("en")} more, all of them with --json`] : []),
  ];
}

/** Says which backends' data was saved under another tenant than it is written to. */
export function tellTenants({ targets }: PlannedRestore, { note, noteColors }: Terminal): void {
  for (const { name, saved, open } of targets) {
    if (saved.tenant === undefined || open.tenant === undefined || saved.tenant === open.tenant) continue;
    const [was, is] = [saved.tenant, open.tenant].map(tenantText);
    note(`${noteColors.yellow("tenant:")} ${name} was saved as ${was}, and is written as ${is}`);
  }
}

/** `1,234 entries of these times`; objects such as dashboards have no time. */
function heldText({ held = {}, files }: RestoreTarget): string | undefined {
  const units = Object.keys(held).filter((unit) => (held[unit] ?? 0) > 0);
  if (units.length === 0) return undefined;
  const timed = files.filter(({ range }) => range !== undefined);
  const isTimed = units.some((unit) => timed.some(({ counts }) => Object.hasOwn(counts, withoutRange(unit))));
  return `${countsText(held)}${isTimed ? " of these times" : ""}`;
}

const withoutRange = (unit: string): string => unit.replace(/InRange$/, "");

function sayAll([first, ...others]: readonly string[], label: string, say: (text: string) => void): void {
  if (first === undefined) return;
  say(`${label} ${first}`);
  for (const line of others) say(line);
}

/** What was written, what was already there, what was refused, and what the servers now hold. */
export function reportRestore(report: RestoreReport, terminal: Terminal, workingDirectory: string): void {
  const { colors, noteColors } = terminal;
  const rows = report.plugins.map((one) => [
    colors.bold(one.name),
    [
      countsText(one.written),
      Object.values(one.existing).every((count) => count === 0)
        ? ""
        : `already there: ${countsText(one.existing)}`,
      one.differing.length === 0 ? "" : differingText(one.differing, colors),
      one.rejected === 0 ? "" : colors.red(`${one.rejected.toLocaleString("en")} refused`),
    ]
      .filter((text) => text !== "")
      .join("  "),
  ]);
  printTable({ print: terminal.detail, width: terminal.width }, [{}, {}], rows);
  terminal.tell(`${shortPath(report.directory, workingDirectory)}  ${report.status}`);
  for (const { name, lost } of report.plugins)
    if (lost.length > 0) terminal.fault("lost", ...lostLines(name, lost));
  for (const plugin of report.plugins) tellDiffering(plugin, terminal);
  for (const { name, erased = {} } of report.plugins)
    if (countOf(erased) > 0)
      terminal.note(`${noteColors.yellow("left out:")} ${name}: ${countsText(erased)}, erased since`);
  for (const line of shortfalls(report)) terminal.fault("missing", line);
  for (const { name, unsupported } of report.plugins) {
    if (unsupported > 0)
      terminal.note(
        `${noteColors.yellow("no place for:")} ${name}: ${unsupported} ${unsupported === 1 ? "record" : "records"}, as the plan said; kept in ${report.directory}/rejected.json`,
      );
  }
  for (const { name, problems } of report.plugins) {
    for (const { reason, items } of problems)
      terminal.note(
        `${noteColors.yellow("not whole:")} ${name}: ${reason}`,
        ...items.map((item) => `  ${item}`),
      );
  }
}

type DifferingObjects = RestoreReport["plugins"][number]["differing"];

function differingText(differing: DifferingObjects, colors: Terminal["colors"]): string {
  const [number, isReplaced] = [differing.length.toLocaleString("en"), differing[0]?.replaced];
  return isReplaced ? `replaced: ${number}` : colors.yellow(`different, left: ${number}`);
}

function tellDiffering(
  { name, differing }: RestoreReport["plugins"][number],
  { note, noteColors }: Terminal,
): void {
  const [first] = differing;
  if (first === undefined) return;
  const objects = counted(differing.length, "object");
  const told = first.replaced
    ? `${noteColors.yellow("replaced:")} ${name}: ${objects} that differed`
    : `${noteColors.yellow("different:")} ${name}: ${objects} left as they are; --existing replace overwrites what differs`;
  for (const line of [told, ...namedLines(differing)]) note(line);
}
