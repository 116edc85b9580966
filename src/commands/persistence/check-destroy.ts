import * as v from "valibot";
import { type Loss, lossText } from "../../inventory/losses.ts";
import type { Taken } from "../../inventory/taken.ts";
import { takeInventory } from "../../tasks/inventory.ts";
import { openContext } from "../../tasks/stack.ts";
import { callerOf } from "../caller.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { printInventory } from "../inventory/show.ts";

export default defineCommand({
  about: "check whether a destroy would lose anything; exit code 0 when it would not",
  args: { json: { type: "flag", about: "print one JSON object" } },
  examples: [
    { line: "persistence check-destroy && docker compose down -v", about: "only when everything is saved" },
  ],
  json: v.object({
    stack: v.string(),
    safe: v.boolean(),
    reasons: v.array(v.object({ backend: v.string(), text: v.string() })),
  }),
  async run(call) {
    const { terminal } = call;
    const context = await openContext(callerOf(call));
    const taken = await takeInventory(context);
    const { losses } = taken;
    const reasons = reasonsIn(taken);
    const safe = losses.length === 0;
    if (call.args.json) terminal.printJson({ stack: context.config.name, safe, reasons });
    else {
      printInventory(terminal, taken);
      const lines = safe
        ? ["a destroy would lose nothing: the snapshots hold everything"]
        : lossSummary(losses);
      for (const line of lines) terminal.print(line);
    }
    return safe ? EXIT.ok : EXIT.partial;
  },
});

/** What would be lost or may be lost, in the words of the inventory's warnings if there are any. */
function reasonsIn({ findings, warnings, losses }: Taken): { backend: string; text: string }[] {
  return losses.map(({ backend, text }) => {
    const finding = findings.find(({ name }) => name === backend);
    if (finding !== undefined && finding.state !== "reached") return { backend, text: finding.error.message };
    const warning = warnings.find((one) => one.subject === backend && UNSAVED.has(one.kind));
    return { backend, text: warning?.message ?? text };
  });
}

const UNSAVED: ReadonlySet<string> = new Set(["unsaved", "expiring"]);

/** Each loss and its remedy: an export, if the backend answers. */
function lossSummary(losses: readonly Loss[]): string[] {
  const named = (those: readonly Loss[]): string => those.map(({ backend }) => backend).join(", ");
  const unknown = losses.filter(({ kind }) => kind === "unknown");
  const known = losses.filter(({ kind }) => kind !== "unknown");
  const would = known.every(({ kind }) => kind === "changed") ? "may" : "would";
  return [
    ...losses.map(lossText),
    ...(unknown.length === 0
      ? []
      : [`a destroy may lose data of ${named(unknown)}: nobody knows what they hold until they answer`]),
    ...(known.length === 0
      ? []
      : [`a destroy ${would} lose data of ${named(known)}: contextcore export --all saves it`]),
  ];
}
