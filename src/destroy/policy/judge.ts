/**
 * Decides whether the destroy command may run. Every command in it is checked against `destroy.deny`, and against the rules
 * unless `destroy.allow` lists it; with `destroy.policy: allowlist` it must be listed there. This guards against slips and copied one-liners, but not against somebody who hides what
 * a command does. Against everything else, the user must type the stack's name.
 */
import { redactedText } from "../../redact/text.ts";
import { visible } from "../../units/visible.ts";
import { POLICY_RULES } from "./rules.ts";
import type { Words } from "./shell.ts";
import { commandsIn, plainText } from "./unwrap.ts";

interface DestroySettings extends Lists {
  /** The program and its arguments; no shell interprets them unless the program is one. */
  readonly command: Words;
}

/** Word patterns; `*` in a word stands for any characters. */
interface Lists {
  /** Complete commands that may run although a rule refuses them. Final rules still apply. */
  readonly allow: readonly string[];
  /** A program and words that no command may contain after it, in this order, with anything in between. */
  readonly deny: readonly string[];
  /** `allowlist`: what `allow` does not list may not run either, whether a rule refuses it or not. */
  readonly policy?: "denylist" | "allowlist";
}

interface PolicyRefusal {
  readonly message: string;
  readonly hint: string;
  readonly rule: string;
  /** The part of the command that the rule concerns. */
  readonly part: string;
  readonly why: string;
}

const HINT = "destroy.command in contextcore.yaml should take this stack down and touch nothing else";

/** Why a destroy command may not run; `undefined` when it may. */
export function refusalOf({ command, ...lists }: DestroySettings): PolicyRefusal | undefined {
  const verdict = judgeCommand(command, lists);
  if (verdict.may === "run") return undefined;
  const { rule, why, allowable } = verdict;
  const part = redactedText(verdict.part);
  const message = visible(redactedText(`the destroy command may not run (${rule}): \`${part}\`: ${why}`));
  const permitted = `; if it does that, destroy.allow: [${visible(JSON.stringify(part))}] permits it`;
  return { message, hint: allowable ? `${HINT}${permitted}` : HINT, rule, part, why };
}

type PolicyVerdict =
  | { readonly may: "run" }
  | {
      readonly may: "not";
      readonly rule: string;
      readonly why: string;
      /** The part of the command that the rule is about; `| sh` for a shell that a pipe leads to. */
      readonly part: string;
      /** `destroy.allow` can permit it. */
      readonly allowable?: true;
    };

/** Limit for all nested commands together; no honest one comes near. */
const CHARACTERS_MAX = 20_000;

/** Whether a command may run; if not, the first part that may not, and why. */
export function judgeCommand(command: Words, lists: Lists = { allow: [], deny: [] }): PolicyVerdict {
  const whole = command.join(" ");
  let left = CHARACTERS_MAX;
  for (const words of commandsIn(command)) {
    const text = plainText(words);
    left -= text.length + 1;
    if (left < 0) return tooLong(whole);
    const part = words.join(" ").replace(/^(.*?) < -(?= |$)/s, "| $1");
    const names = [part, part.replace(/^\| /, ""), whole];
    const isAllowed = lists.allow.some((one) => names.some((name) => isWhole(one, name)));
    const found = denial(text, lists.deny) ?? brokenRule(text, isAllowed) ?? unlisted(lists, isAllowed);
    if (found !== undefined) return { may: "not", part, ...found };
  }
  return { may: "run" };
}

function denial(text: string, deny: readonly string[]) {
  const pattern = deny.find((one) => hasWords(one, text));
  if (pattern === undefined) return undefined;
  return { rule: "destroy.deny", why: `the configuration forbids \`${pattern}\`` };
}

function unlisted({ policy }: Lists, isAllowed: boolean) {
  if (policy !== "allowlist" || isAllowed) return undefined;
  return { rule: "destroy.policy", why: "only what destroy.allow lists may run", allowable: true as const };
}

function brokenRule(text: string, isAllowed: boolean) {
  const rule = POLICY_RULES.find(
    ({ forms, isFinal }) => (isFinal || !isAllowed) && forms.some(({ pattern }) => pattern.test(text)),
  );
  if (rule === undefined) return undefined;
  return { rule: rule.id, why: rule.why, ...(rule.isFinal ? {} : { allowable: true as const }) };
}

const tooLong = (text: string): PolicyVerdict => ({
  may: "not",
  rule: "too-long",
  why: "it is too long to be checked: put it into a script",
  part: text.length > 60 ? `${text.slice(0, 60)}…` : text,
});

const wordsOf = (text: string): Words => text.trim().split(/\s+/);

/** Whether a pattern is the whole text, word by word. */
function isWhole(pattern: string, text: string): boolean {
  const [wanted, found] = [wordsOf(pattern), wordsOf(text)];
  return wanted.length === found.length && wanted.every((one, at) => fits(one, found[at] ?? ""));
}

/** Whether a command's plain text begins with a pattern's first word and contains the others after it, in order. */
function hasWords(pattern: string, text: string): boolean {
  const [program = "", ...left] = plainText(wordsOf(pattern)).split(" ");
  const [found = "", ...words] = text.split(" ");
  for (const word of words) if (left[0] !== undefined && fits(left[0], word)) left.shift();
  return fits(program, found) && left.length === 0;
}

/** Whether a word matches a pattern's word. No regular expression, because a hostile pattern must not take long. */
function fits(pattern: string, word: string): boolean {
  const [first = "", ...others] = pattern.split("*");
  const last = others.pop();
  if (last === undefined) return word === pattern;
  if (!word.startsWith(first)) return false;
  let at = first.length;
  for (const piece of others) {
    const found = word.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return word.length - at >= last.length && word.endsWith(last);
}
