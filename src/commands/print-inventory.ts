import type { Importance } from "../contract/contract.ts";
import { adviceFor, conditionText } from "../inventory/condition.ts";
import { NONE_ENABLED, type Surveyed } from "../inventory/survey.ts";
import type { Taken } from "../inventory/taken.ts";
import type { Colors } from "../terminal/styles.ts";
import { formatTable } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { formatBytes } from "../units/bytes.ts";
import { formatDuration } from "../units/duration.ts";
import { hintOf } from "../units/hint-of.ts";

/** The table on stdout, the warnings after it on stderr. */
export function printInventory({ colors, print, warn }: Terminal, { findings, warnings }: Taken): void {
  for (const line of inventoryLines(findings, colors)) print(line);
  if (findings.length === 0) warn(NONE_ENABLED);
  for (const lines of missingLines(findings)) warn(...lines);
  for (const { subject, message } of warnings) warn(`${subject}: ${message}`);
}

/** `loki          31.5 MB  retention=7d        importance=high`, sizes right-aligned. */
export function inventoryLines(findings: readonly Surveyed[], colors: Colors): string[] {
  return formatTable(
    [{ width: 8 }, { align: "right", width: 11 }, { width: 19, gap: 1 }, {}],
    findings.map((finding) => cells(finding, colors)),
  );
}

function cells(finding: Surveyed, colors: Colors): string[] {
  const name = colors.bold(finding.name);
  if (finding.state !== "reached") return [name, colors.red(conditionText(finding.state, finding.name))];
  const { inventory, size } = finding;
  return [
    name,
    size === undefined ? colors.yellow("unknown") : formatBytes(size.bytes),
    `${colors.dim("retention=")}${formatRetention(inventory.retention)}`,
    `${colors.dim("importance=")}${paint(inventory.importance ?? "medium", colors)}`,
  ];
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
