/** Values as claims show them: in clear as far as that reveals no secret. */

import type { Config } from "../config/config.ts";
import { type Environment, expandBut, referencesIn } from "../config/secrets.ts";
import { bareAddress, withoutSecrets } from "../redact/known-secrets.ts";
import { isSecretName } from "../redact/names.ts";
import { BLOT } from "../redact/rules.ts";
import { redactedText } from "../redact/text.ts";
import { isObject } from "../units/json.ts";

/** The text with its variables replaced, except those whose names look like a secret's. */
export const expanded = (text: string, env: Environment): string => expandBut(text, env, isSecretName);

/**
 * The server that an address leads to, and the rest as far as it may be shown; a hash replaces what may not. If the address
 * contains variables, only the server is shown resolved.
 * @param text as it is written
 * @param isSecret its path is a secret
 */
export function addressText(text: string, env: Environment, isSecret: boolean): string {
  const server = serverText(text, env);
  if (isSecret) return `${server}/… ${hashOf(text)}`;
  const told = referencesIn(text).length > 0 ? `${server} from ${bareAddress(text)}` : withoutSecrets(text);
  return /[?#]/.test(text) ? `${told} ${hashOf(text)}` : told;
}

/** Only the server that an address leads to. @param text as it is written */
export const serverText = (text: string, env: Environment): string =>
  redactedText(serverOf(expanded(text, env)));

/** `https://loki.example.com` for a URL; anything else as it is, without credentials. */
const serverOf = (text: string): string =>
  URL.canParse(text) && new URL(text).host !== ""
    ? `${new URL(text).protocol}//${new URL(text).host}`
    : withoutSecrets(text);

/** Hashes only what anybody with the project's file can read: no variable's value, and no password in a URL. */
const hashOf = (text: string): string =>
  `sha256:${Bun.SHA256.hash(text.replace(/\/\/[^/@]*@/, "//"), "hex").slice(0, 16)}`;

/** Text as in the file. A hash replaces what looks like a secret, so that a change still shows. */
export function literalText(text: string, isSecret: boolean): string {
  const shown = isSecret ? BLOT : redactedText(text);
  return shown === text ? text : `${shown} ${hashOf(text)}`;
}

/** A command's words as one line, different for every command. */
export const wordsText = (words: readonly string[]): string =>
  words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(" ");

/** The commands of the runbook as the project's file has them, by their place in it; those of a flag or a variable are the user's own. */
export function writtenSteps({ fromFile, env }: Pick<Config, "fromFile" | "env">): Map<number, string[]> {
  const steps = fromFile?.(["recovery", "steps"]);
  const all: readonly unknown[] = Array.isArray(steps) ? steps : [];
  return new Map(
    all.flatMap((step, index) => {
      const run: unknown = isObject(step) ? Reflect.get(step, "run") : undefined;
      return Array.isArray(run) ? [[index, run.map((word) => expanded(String(word), env))] as const] : [];
    }),
  );
}
