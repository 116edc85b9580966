/**
 * May this command run? Those on the allow list may; others that a configuration names may unless a rule of the deny list
 * speaks against them. It guards against slips and copied one-liners, not against somebody who hides what a command does.
 */
import { isKnownCommand } from "./allow-list.ts";
import { RULES, TEXT_RULES } from "./rules.ts";
import type { ShellCommand } from "./shell.ts";
import { allCommands } from "./unwrap.ts";

export type Verdict =
  | { readonly may: "run" }
  | { readonly may: "not"; readonly rule: string; readonly why: string; readonly part: string };

const LENGTH_MAX = 10_000;

/** @param command the program and its words; no shell looks at them, unless the program is one */
export function judgeCommand(command: readonly string[]): Verdict {
  if (isKnownCommand(command)) return { may: "run" };
  const text = command.join(" ");
  if (text.length > LENGTH_MAX) return tooLong(text);
  for (const { name, why, text: pattern } of TEXT_RULES) {
    if (pattern.test(text)) return { may: "not", rule: name, why, part: text };
  }
  const all = allCommands({ words: command, writesTo: [] });
  if (all === undefined) return tooLong(text);
  for (const one of all) {
    const rule = RULES.find(({ matches }) => matches(one));
    if (rule !== undefined) return { may: "not", rule: rule.name, why: rule.why, part: textOf(one) };
  }
  return { may: "run" };
}

const tooLong = (text: string): Verdict => ({
  may: "not",
  rule: "too-long",
  why: "it is too long to be looked at: put it into a script",
  part: text.length > 60 ? `${text.slice(0, 60)}…` : text,
});

const textOf = ({ words, writesTo }: ShellCommand): string =>
  [...words, ...writesTo.map((file) => `> ${file}`)].join(" ");
