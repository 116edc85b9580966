/** Values as a claim has them: told as far as that tells no secret. */

import { type Environment, expandBut, referencesIn } from "../config/secrets.ts";
import { withoutSecrets } from "../redact/known-secrets.ts";
import { isSecretName } from "../redact/names.ts";
import { redactedText } from "../redact/text.ts";

/** The text with its variables put in, but for those that are called like a secret. */
export const expanded = (text: string, env: Environment): string => expandBut(text, env, isSecretName);

/**
 * The server that an address leads to, and what of the rest may be told: a hash stands for what may not. Of an address with
 * variables in it only the server is told as it is.
 * @param text as it is written
 * @param isSecret its path is a secret
 */
export function addressText(text: string, env: Environment, isSecret: boolean): string {
  const server = serverText(text, env);
  if (isSecret) return `${server}/… ${hashOf(text)}`;
  const told = referencesIn(text).length > 0 ? `${server} from ${bare(text)}` : withoutSecrets(text);
  return /[?#]/.test(text) ? `${told} ${hashOf(text)}` : told;
}

/** The server alone that an address leads to. @param text as it is written */
export const serverText = (text: string, env: Environment): string =>
  redactedText(serverOf(expanded(text, env)));

/** `https://loki.example.com` of a URL; of anything else what there is, without credentials. */
const serverOf = (text: string): string =>
  URL.canParse(text) && new URL(text).host !== ""
    ? `${new URL(text).protocol}//${new URL(text).host}`
    : withoutSecrets(text);

/** An address as it is written, without credentials and query. */
const bare = (text: string): string => text.replace(/\/\/[^/@\s]*@/, "//").replace(/[?#].*$/s, "");

/** Of what the project's file says to everybody who has it: no variable's value is in it, and no password of a URL. */
const hashOf = (text: string): string =>
  `sha256:${Bun.SHA256.hash(text.replace(/\/\/[^/@]*@/, "//"), "hex").slice(0, 16)}`;

/** Text as the file has it; for what looks like a secret in it a hash stands, so that a change of it still shows. */
export function literalText(text: string, isSecret: boolean): string {
  const shown = isSecret ? "***" : redactedText(text);
  return shown === text ? text : `${shown} ${hashOf(text)}`;
}

/** A command's words as one line that no other command gives. */
export const wordsText = (words: readonly string[]): string =>
  words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(" ");
