import * as v from "valibot";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { ANSWER_MS, printInventory, type Taken, takeInventory } from "../inventory/show.ts";
import { openStack } from "../stack.ts";

export default defineCommand({
  about: "say whether a destroy would lose anything; exit code 0 when it would not",
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
    const stack = await openStack(call);
    const taken = await takeInventory(call, stack, ANSWER_MS);
    const reasons = lossesIn(taken);
    const safe = reasons.length === 0;
    if (call.args.json) terminal.printJson({ stack: stack.config.name, safe, reasons });
    else {
      printInventory(call, taken);
      terminal.print(safe ? "a destroy would lose nothing: the snapshots hold it all" : lossLine(reasons));
    }
    return safe ? EXIT.ok : EXIT.partial;
  },
});

/** What would be lost, or cannot be ruled out. */
function lossesIn({ findings, warnings }: Taken): { backend: string; text: string }[] {
  const unknown = findings.flatMap((finding) =>
    finding.state === "reached" ? [] : [{ backend: finding.name, text: finding.error.message }],
  );
  const unsaved = warnings.filter(({ kind }) => kind === "unsaved" || kind === "expiring");
  return [...unknown, ...unsaved.map(({ backend, text }) => ({ backend, text }))];
}

function lossLine(reasons: readonly { readonly backend: string }[]): string {
  const names = [...new Set(reasons.map(({ backend }) => backend))].join(", ");
  return `a destroy would lose data of ${names}: contextcore export --all saves it`;
}
