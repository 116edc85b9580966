import { NONE_ENABLED } from "../../inventory/survey.ts";
import type { Taken } from "../../inventory/taken.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { inventoryLines, missingLines } from "./lines.ts";

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
