import { type Loss, lossText } from "../../inventory/losses.ts";
import type { Taken } from "../../inventory/taken.ts";
import { touchingLines } from "../../inventory/touched.ts";
import { CHECK_DESTROY, lossJson } from "../../results/inventory.ts";
import type { ValueOf } from "../../results/result.ts";
import { inventory } from "../../tasks/inventory.ts";
import { valuesOf } from "../../tasks/task/param.ts";
import { defineCommand } from "../command.ts";
import { runCall } from "../conduct.ts";
import { EXIT } from "../exit-code.ts";
import { printInventory } from "../print-inventory.ts";
import { printResult } from "../print-result.ts";

export default defineCommand({
  about: "check whether a destroy would lose anything; exit code 0 when it would not",
  examples: [
    { line: "persistence check-destroy && docker compose down -v", about: "only when everything is saved" },
  ],
  json: [CHECK_DESTROY],
  async run(call) {
    const { terminal } = call;
    const { result: taken } = await runCall(inventory, { ...call, args: valuesOf(inventory.params, {}) });
    const { stack, losses, touching } = taken;
    const untouched = [...touching.untouched];
    const safe = losses.length === 0;
    if (call.json) printResult(call, CHECK_DESTROY, { stack, safe, losses: lossesIn(taken), untouched });
    else {
      printInventory(terminal, taken);
      const lines = safe
        ? [
            `a destroy would lose nothing: the snapshots hold everything${untouched.length === 0 ? "" : " that it touches"}`,
          ]
        : lossSummary(losses);
      for (const line of [...touchingLines(touching), ...lines]) terminal.tell(line);
    }
    return safe ? EXIT.ok : EXIT.partial;
  },
});

/** What would be lost or may be lost, in the words of the inventory's warnings if there are any. */
function lossesIn({ findings, warnings, losses }: Taken): ValueOf<typeof CHECK_DESTROY>["losses"] {
  return losses.map((loss) => {
    const { backend } = loss;
    const finding = findings.find(({ name }) => name === backend);
    const warning = warnings.find((one) => one.subject === backend && UNSAVED.has(one.kind));
    const isReached = finding === undefined || finding.state === "reached";
    return lossJson({ ...loss, text: isReached ? (warning?.message ?? loss.text) : finding.error.message });
  });
}

const UNSAVED: ReadonlySet<string> = new Set(["unsaved", "expiring"]);

/** Each loss and its remedy: an export, if the backend answers. */
function lossSummary(losses: readonly Loss[]): string[] {
  const named = (those: readonly Loss[]): string => those.map(({ backend }) => backend).join(", ");
  const unknown = losses.filter(({ kind }) => kind === "unknown");
  const fresh = losses.filter(({ kind }) => kind === "new");
  const known = losses.filter(({ kind }) => kind !== "unknown");
  const would = known.every(({ kind }) => kind === "changed") ? "may" : "would";
  return [
    ...losses.map(lossText),
    ...(unknown.length === 0
      ? []
      : [`a destroy may lose data of ${named(unknown)}: nobody knows what they hold until they answer`]),
    ...(fresh.length === 0
      ? []
      : [
          `${named(fresh)}: only what has come in since the newest snapshot is unsaved; \`destroy --option 1\` saves that first`,
        ]),
    ...(known.length === 0
      ? []
      : [`a destroy ${would} lose data of ${named(known)}: contextcore export --all saves it`]),
  ];
}
