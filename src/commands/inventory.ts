import { readKept } from "../inventory/coverage.ts";
import { survey } from "../inventory/survey.ts";
import { type Warning, warningsFor } from "../inventory/warnings.ts";
import { parseDuration } from "../units/duration.ts";
import { fromMs, toMs } from "../units/range.ts";
import { defineCommand } from "./command.ts";
import { EXIT } from "./exit-code.ts";
import { inventoryJson, inventorySchema } from "./inventory-json.ts";
import { inventoryLines, missingLines } from "./inventory-lines.ts";
import { openStack } from "./stack.ts";

export default defineCommand({
  about: "list what each backend holds, how big and how important it is, and what is about to be lost",
  args: {
    plugin: {
      type: "value",
      hint: "NAME",
      repeatable: true,
      complete: "plugins",
      about: "only this backend; may be repeated",
    },
    timeout: {
      type: "value",
      hint: "DURATION",
      default: "30s",
      parse: parseDuration,
      about: "how long each backend may take to answer",
    },
    json: { type: "flag", about: "print one JSON object" },
  },
  examples: [
    { line: "inventory", about: "everything the stack holds, and what no snapshot holds yet" },
    { line: "inventory --plugin loki --json", about: "for a script" },
  ],
  json: inventorySchema,
  async run(call) {
    const { args, terminal, signal } = call;
    const stack = await openStack(call, args.plugin);
    const findings = await survey(stack, { signal, timeoutMs: toMs(args.timeout) });
    const { snapshots } = await readKept(stack.config.backups);
    const now = fromMs(Date.now());
    const warnings = findings.flatMap((finding): Warning[] =>
      finding.state === "reached" ? warningsFor(finding, { snapshots, now }) : [],
    );
    if (args.json) terminal.printJson(inventoryJson(stack.config.name, findings, warnings));
    else {
      for (const line of inventoryLines(findings, terminal.colors)) terminal.print(line);
      for (const line of missingLines(findings)) terminal.warn(line);
      for (const { backend, text } of warnings) terminal.warn(`${backend}: ${text}`);
    }
    return findings.every(({ state }) => state === "reached") ? EXIT.ok : EXIT.partial;
  },
});
