import type { Trail } from "../../audit/format/event.ts";
import type { Config } from "../../config/config.ts";
import { commandText } from "../../destroy/command-text.ts";
import { judgeCommand } from "../../destroy/policy/judge.ts";
import { RefusedError } from "../../terminal/ask.ts";

/** The configured command may run, or the refusal is recorded and explained. @throws RefusedError */
export async function requireAllowed({ destroy: { command } }: Config, trail: Trail): Promise<void> {
  const verdict = judgeCommand(command);
  if (verdict.may === "run") return;
  const { part, rule, why } = verdict;
  const details = { command: commandText(command), rule, part, reason: why };
  await trail.append({ operation: "destroy", outcome: "refused", details });
  throw new RefusedError(
    `the destroy command may not run (${rule}): \`${part}\`: ${why}`,
    "destroy.command in contextcore.yaml should take this stack down and touch nothing else",
  );
}
