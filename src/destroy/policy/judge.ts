/** May this command run? Known ones may; others that a configuration names may unless a rule speaks against them. */
import { RULES, TEXT_RULES } from "./rules.ts";
import type { ShellCommand } from "./shell.ts";
import { allCommands, programOf } from "./unwrap.ts";

export type Verdict =
  /** `known`: a way to take a stack down that contextcore knows. `configured`: the configuration answers for it. */
  | { readonly may: "run"; readonly as: "known" | "configured" }
  | { readonly may: "not"; readonly rule: string; readonly why: string; readonly part: string };

const LENGTH_MAX = 10_000;

/** @param command the program and its words; no shell looks at them, unless the program is one */
export function judgeCommand(command: readonly string[]): Verdict {
  const text = command.join(" ");
  if (text.length > LENGTH_MAX) {
    return {
      may: "not",
      rule: "too-long",
      why: "it is too long to be looked at: put it into a script",
      part: `${text.slice(0, 60)}…`,
    };
  }
  for (const { name, why, text: pattern } of TEXT_RULES) {
    if (pattern.test(text)) return { may: "not", rule: name, why, part: text };
  }
  for (const one of allCommands({ words: command, writesTo: [] })) {
    const rule = RULES.find(({ matches }) => matches(one));
    if (rule !== undefined) return { may: "not", rule: rule.name, why: rule.why, part: textOf(one) };
  }
  return { may: "run", as: isKnown(command) ? "known" : "configured" };
}

const textOf = ({ words, writesTo }: ShellCommand): string =>
  [...words, ...writesTo.map((file) => `> ${file}`)].join(" ");

/** Ways to take a stack down: the words that a command begins with, options left out. */
const KNOWN = [
  "docker compose down",
  "docker compose rm",
  "docker compose stop",
  "docker-compose down",
  "docker stack rm",
  "podman compose down",
  "podman-compose down",
  "nerdctl compose down",
  "podman kube down",
  "kubectl delete",
  "helm uninstall",
  "make",
];

function isKnown(command: readonly string[]): boolean {
  const plain = command.slice(1).filter((word) => /^[a-z]+$/.test(word));
  const text = [programOf({ words: command, writesTo: [] }), ...plain].join(" ");
  return KNOWN.some((known) => text === known || text.startsWith(`${known} `));
}
