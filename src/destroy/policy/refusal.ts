import { judgeCommand } from "./judge.ts";

export interface Refusal {
  readonly message: string;
  readonly hint: string;
  readonly rule: string;
  /** The part of the command that the rule is about. */
  readonly part: string;
  readonly why: string;
}

/** Why a destroy command may not run; `undefined` when it may. */
export function refusalOf(command: readonly string[]): Refusal | undefined {
  const verdict = judgeCommand(command);
  if (verdict.may === "run") return undefined;
  const { part, rule, why } = verdict;
  const message = `the destroy command may not run (${rule}): \`${part}\`: ${why}`;
  const hint = "destroy.command in contextcore.yaml should take this stack down and touch nothing else";
  return { message, hint, rule, part, why };
}
