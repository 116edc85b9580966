/** Reports a check: a line per rule as it is judged, and at the end what did not apply and why. */
import type { Judged } from "../../conformance/apart/check-apart.ts";
import type { Terminal } from "../../terminal/terminal.ts";

/**
 * One line for a rule that holds, two for a broken one. The summary has the rules that do not apply, and those that an error
 * broke which was shown before.
 */
export function printOutcome({ name, why, verdict, sameAs }: Judged, { tell, colors }: Terminal): void {
  if (verdict.kind === "passed") tell(`${colors.green("ok")}      ${name}`);
  if (verdict.kind === "failed" && sameAs === undefined)
    tell(`${colors.red("broken")}  ${name}: ${why}`, `        ${verdict.error.message}`);
}

/** Why `printOutcome` said nothing of a rule; `undefined` if it did. */
const unsaid = ({ verdict, sameAs }: Judged): string | undefined =>
  verdict.kind === "waived" ? verdict.reason : sameAs && `broken by the same error as ${sameAs}`;

/** Prints the rules that were not mentioned yet, grouped by the reason, and the totals. */
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
