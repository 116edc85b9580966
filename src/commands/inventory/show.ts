import { type Loss, lossesOf } from "../../inventory/losses.ts";
import type { Finding } from "../../inventory/survey.ts";
import { type Warning, warningsFor } from "../../inventory/warnings.ts";
import { readKept } from "../../snapshot/catalog/kept.ts";
import { fromMs } from "../../units/range.ts";
import type { Call } from "../command.ts";
import type { Stack } from "../stack.ts";
import { askBackends } from "./ask.ts";
import { inventoryLines, missingLines } from "./lines.ts";

export interface Taken {
  readonly findings: readonly Finding[];
  readonly warnings: readonly Warning[];
  /** What would be gone with the stack. */
  readonly losses: readonly Loss[];
}

/** Asks every backend, and compares with the kept snapshots. */
export async function takeInventory(call: Call, stack: Stack, timeoutMs: number): Promise<Taken> {
  const findings = await askBackends(call, stack, timeoutMs);
  const { snapshots } = await readKept(stack.config.backups);
  const now = fromMs(Date.now());
  const warnings = findings.flatMap((finding): Warning[] =>
    finding.state === "reached" ? warningsFor(finding, { snapshots, now }) : [],
  );
  return { findings, warnings, losses: lossesOf(findings, { snapshots, now }) };
}

/** The table on stdout, the warnings after it on stderr. */
export function printInventory({ terminal }: Call, { findings, warnings }: Taken): void {
  for (const line of inventoryLines(findings, terminal.colors)) terminal.print(line);
  for (const line of missingLines(findings)) terminal.warn(line);
  for (const { backend, text } of warnings) terminal.warn(`${backend}: ${text}`);
}

/** How long each backend may take to answer, ms. */
export const ANSWER_MS = 30_000;

/** Both of the above, for commands that begin with it. */
export async function showInventory(call: Call, stack: Stack): Promise<Taken> {
  const taken = await takeInventory(call, stack, ANSWER_MS);
  printInventory(call, taken);
  return taken;
}
