/** The policy of `destroy` judges every command of the configuration that runs unasked. */
import type { Config } from "../config/config.ts";
import { judgeCommand } from "../destroy/policy/judge.ts";
import { redactedText } from "../redact/text.ts";
import { visible } from "../units/visible.ts";
import { RefusedError } from "./task/errors.ts";

/** A command, and how it is told. */
interface JudgedCommand {
  readonly command: readonly string[];
  /** As it may be shown. */
  readonly text: string;
  /** `the command of the runbook` */
  readonly what: string;
  readonly setting: string;
}

/** @throws RefusedError, which is recorded, for a command that may not run */
export function requireAllowed({ command, text, what, setting }: JudgedCommand, { destroy }: Config): void {
  const verdict = judgeCommand(command, destroy);
  if (verdict.may === "run") return;
  const { rule, why } = verdict;
  const part = redactedText(verdict.part);
  throw new RefusedError(
    visible(`${what} may not run (${rule}): \`${part}\`: ${why}`),
    verdict.allowable
      ? `if it is meant, destroy.allow: [${visible(JSON.stringify(part))}] permits it`
      : `take it out of ${setting}`,
    { command: text, rule, reason: why },
  );
}
