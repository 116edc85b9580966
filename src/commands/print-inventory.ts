import type { Importance } from "../contract/contract.ts";
import { adviceFor, conditionText } from "../inventory/condition.ts";
import { NONE_ENABLED, type Surveyed } from "../inventory/survey.ts";
import type { Taken } from "../inventory/taken.ts";
import type { Warning } from "../inventory/warnings.ts";
import type { Colors } from "../terminal/styles.ts";
import { formatTable } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { formatBytes } from "../units/bytes.ts";
import { formatDuration } from "../units/duration.ts";
import { hintOf } from "../units/hint-of.ts";
import { minute } from "../units/range.ts";

/** The table on stdout, the warnings after it on stderr. */
export function printInventory(
  { colors, print, warn, width }: Terminal,
  { findings, warnings }: Taken,
): void {
  for (const line of inventoryLines(findings, colors, { warnings, width: width() })) print(line);
  if (findings.length === 0) warn(NONE_ENABLED);
  for (const lines of missingLines(findings)) warn(...lines);
  for (const { subject, message } of warnings) warn(`${subject}: ${message}`);
}

/**
 * `loki          31.5 MB  retention=7d        importance=high`, sizes right-aligned. On a terminal that has room for them, the
 * times of the oldest and the newest follow, and how much no snapshot holds.
 * @param width of the terminal; `Infinity` when it is not one
 */
export function inventoryLines(
  findings: readonly Surveyed[],
  colors: Colors,
  { warnings = [], width = Number.POSITIVE_INFINITY }: { warnings?: readonly Warning[]; width?: number } = {},
): string[] {
  const plain = findings.map((finding) => cells(finding, colors));
  const timed = findings.map((finding, index) => [...(plain[index] ?? []), timesOf(finding)]);
  const whole = findings.map((finding, index) => [
    ...(timed[index] ?? []),
    savedText(finding, warnings, colors),
  ]);
  const fits = (lines: readonly string[]) => lines.every((line) => Bun.stringWidth(line) <= width);
  const roomy = Number.isFinite(width) ? [whole, timed].map((rows) => formatTable(COLUMNS, rows)) : [];
  return roomy.find(fits) ?? formatTable(COLUMNS, plain, width);
}

const COLUMNS = [{ width: 8 }, { align: "right", width: 11 }, { width: 19, gap: 1 }, {}, {}, {}] as const;

function cells(finding: Surveyed, colors: Colors): string[] {
  const name = colors.bold(finding.name);
  const { size } = finding;
  if (finding.state !== "reached") {
    const condition = colors.red(conditionText(finding));
    return size === undefined ? [name, condition] : [name, formatBytes(size.bytes), condition];
  }
  const { inventory } = finding;
  return [
    name,
    size === undefined ? colors.yellow("unknown") : formatBytes(size.bytes),
    `${colors.dim("retention=")}${formatRetention(inventory.retention)}`,
    `${colors.dim("importance=")}${paint(inventory.importance ?? "medium", colors)}`,
  ];
}

function timesOf(finding: Surveyed): string {
  if (finding.state !== "reached") return "";
  const { oldest, newest } = finding.inventory;
  return oldest === undefined || newest === undefined ? "" : `${minute(oldest)} to ${minute(newest)} UTC`;
}

function savedText(finding: Surveyed, warnings: readonly Warning[], { green, yellow }: Colors): string {
  if (finding.state !== "reached") return "";
  const lacks = warnings.find(
    ({ subject, kind }) => subject === finding.name && (kind === "unsaved" || kind === "expiring"),
  );
  return lacks === undefined ? green("saved") : yellow(`unsaved${lacks.unsaved ? `: ${lacks.unsaved}` : ""}`);
}

/** `7d`, `unlimited`, or `unknown` when the server did not say. */
function formatRetention(retention: bigint | "unlimited" | undefined): string {
  if (retention === undefined) return "unknown";
  return retention === "unlimited" ? retention : formatDuration(retention);
}

function paint(importance: Importance, { red, yellow, cyan, dim }: Colors): string {
  const painters = { critical: red, high: yellow, medium: cyan, low: dim };
  return painters[importance](importance);
}

/** Why each backend that is not fully listed is not, and what to do. */
export const missingLines = (findings: readonly Surveyed[]): string[][] =>
  findings.flatMap((finding) => {
    if (finding.state === "reached") return [];
    const { name, state, error } = finding;
    const hint = hintOf(error) ?? adviceFor(state, finding);
    return [[`${name}: ${error.message}`, ...(hint === undefined ? [] : [`  ${hint}`])]];
  });
