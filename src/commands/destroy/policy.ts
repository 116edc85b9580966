import type { Trail } from "../../audit/format/event.ts";
import type { Config } from "../../config/config.ts";
import { commandText } from "../../destroy/command-text.ts";
import { refusalOf } from "../../destroy/policy/judge.ts";
import { RefusedError } from "../../tasks/errors.ts";

/** The configured command may run, or the refusal is recorded and explained. @throws RefusedError */
export async function requireAllowed({ destroy }: Config, trail: Trail): Promise<void> {
  const refusal = refusalOf(destroy);
  if (refusal === undefined) return;
  const { part, rule, why, message, hint } = refusal;
  const details = { command: commandText(destroy.command), rule, part, reason: why };
  await trail.append({ operation: "destroy", outcome: "refused", details });
  throw new RefusedError(message, hint);
}
