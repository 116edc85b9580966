/** Reports a check: a line per rule as it is judged, and at the end what did not apply and why. */
import type { Judged } from "../../conformance/apart/check-apart.ts";
import type { Terminal } from "../../terminal/terminal.ts";

/**
 * One line for a rule that holds, two for a broken one. Rules that do not apply come at the end, and those that are broken by an
 * error which was told already.
 */
export function printOutcome({ name, why, verdict, sameAs }: Judged, { tell, colors }: Terminal): void {
  if (verdict.kind === "passed") tell(`${colors.green("ok")}      ${name}`);
  if (verdict.kind === "failed" && sameAs === undefined)
    tell(`${colors.red("broken")}  ${name}: ${why}`, `        ${verdict.error.message}`);
}

/** Why nothing was said of a rule so far; `undefined`: it was. */
const unsaid = ({ verdict, sameAs }: Judged): string | undefined =>
  verdict.kind === "waived" ? verdict.reason : sameAs && `broken by the same error as ${sameAs}`;

/** What did not apply or is broken by what was told already, grouped by reason, and the totals. */
export function printSummary(plugin: string, judged: readonly Judged[], { tell, colors }: Terminal): void {
  for (const [reason, rules] of Map.groupBy(judged, unsaid)) {
    if (reason === undefined) continue;
    const names = rules.map(({ name }) => name).join(", ");
    tell(colors.dim(`-       ${reason}: ${names}`));
  }
  const count = (kind: string): number => judged.filter(({ verdict }) => verdict.kind === kind).length;
  const waivedCount = count("waived");
  const rest = waivedCount === 0 ? "" : `, ${waivedCount} do not apply`;
  tell(`${plugin}: ${count("passed")} rules hold, ${count("failed")} are broken${rest}`);
}
