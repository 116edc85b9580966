/** Redacts what looks like a secret in a text, by its form, its place, its program, or the name before it. */
import { constants } from "node:os";
import { isCountName, isSecretName } from "./names.ts";
import { programSecretsBlotted } from "./program-secrets.ts";
import { BLOT, formsBlotted } from "./rules.ts";

/** The text with everything redacted that looks like a secret; half a surrogate pair becomes U+FFFD. */
export const redactedText = (text: string): string =>
  namedBlotted(programSecretsBlotted(pairsBlotted(formsBlotted(text.toWellFormed()))));

/** `{"name":"password","value":"x"}`, escaped or not. */
const pairsBlotted = (text: string): string =>
  text.replace(
    /(\\?"(?:name|key)\\?"\s?:\s?\\?"([\w-]{1,200})\\?"\s?,\s?\\?"value\\?"\s?:\s?\\?")[^"\\]+/gi,
    (all, lead: string, name: string) => (isSecretName(name) ? lead + BLOT : all),
  );

/** `name=value`, `name: value`, `"name":"value"`, `--name value`. Whole words only, so that it stays linear. */
const NAME_AND_SIGN = /(?<![\w-])([\w-]+)(?![\w-])(\\*["']?\s*[=:]\s*|\s+)/g;

/** A quoted value ends at its quote, any other at a blank or a separator. */
const VALUE = /(\\+)"(?:[^"\\]|(?!\1")\\+"|\\+(?![\\"]))*|"(?:\\[\s\S]|[^"\\])*|'[^']*|[^\s"'&,;]+/y;

/** Of what is called `max_tokens`, a number says how many. It may end a sentence, or an object. */
const COUNT = /^\d{1,12}[.)\]}]{0,9}$/;

function namedBlotted(text: string): string {
  let clean = "";
  let kept = 0;
  for (const { index, 0: whole, 1: name = "", 2: sign = "" } of text.matchAll(NAME_AND_SIGN)) {
    const names = name.startsWith("-") || sign.trim() !== "";
    if (!names || index < kept || !isSecretName(name)) continue;
    if (isPathWithReason(text, index, sign, index + whole.length)) continue;
    VALUE.lastIndex = index + whole.length;
    const [value] = VALUE.exec(text) ?? [];
    if (value === undefined || (isCountName(name) && COUNT.test(value))) continue;
    clean += `${text.slice(kept, VALUE.lastIndex - value.length)}${/^\\*["']?/.exec(value)?.[0]}${BLOT}`;
    kept = VALUE.lastIndex;
  }
  return clean + text.slice(kept);
}

/**
 * Two plain words or more, or one before a full stop or a bracket: `Permission denied`, `a directory stands`, `unreadable.`;
 * or the system's name of an error, alone or before more.
 */
const SENTENCE = /(?:[A-Z]?[a-z]+(?:[-/][a-z]+)*(?: [a-z]|,? \(|\.(?:\s|$))|(E[A-Z\d]+)(?=[\s,;:.)]|$))/y;

/**
 * Whether the name at `index` is a path's last part and a reason follows its colon, as in `/etc/passwd: Permission denied`.
 * Then neither is a secret. After a path, a passphrase that is a sentence is taken for a reason.
 */
function isPathWithReason(text: string, index: number, sign: string, value: number): boolean {
  if (text[index - 1] !== "/" || !/^["']?:\s+$/.test(sign)) return false;
  SENTENCE.lastIndex = value;
  const found = SENTENCE.exec(text);
  return found !== null && (found[1] === undefined || Object.hasOwn(constants.errno, found[1]));
}
