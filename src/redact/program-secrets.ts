/**
 * Secrets known by the program that takes them: `curl -u user:password`, `mysql -pPASSWORD`, `docker login -p PASSWORD`, be it in
 * the words of a command, or in a text that holds one, which may itself be a word of another: `sh -c 'curl -su ada:PASSWORD'`.
 */
import { PROGRAM_RULES, type ProgramRule, type SecretPart } from "./program-rules.ts";
import { BLOT } from "./rules.ts";

const SEPARATORS: Readonly<Partial<Record<SecretPart, string>>> = {
  "behind-colon": ":",
  "behind-percent": "%",
  "behind-comma": ",",
};

function blotted(part: SecretPart, value: string): string {
  const separator = SEPARATORS[part];
  const at = separator === undefined ? 0 : value.indexOf(separator) + 1;
  return (separator !== undefined && at === 0) || at === value.length ? value : value.slice(0, at) + BLOT;
}

/** Takes the words of a command one after another, and gives each back without its secret. */
type CleanWord = (word: string) => string;

/** Begins a new command. */
export function createCleaner(): CleanWord {
  let rules: readonly ProgramRule[] = [];
  let next: SecretPart | undefined;
  return (word) => {
    if (next !== undefined) {
      const part = next;
      next = undefined;
      return blotted(part, word);
    }
    for (const rule of rules) {
      const at = valueAt(rule, word);
      if (at === undefined) continue;
      if (at < word.length) return word.slice(0, at) + blotted(rule.part, word.slice(at));
      if (!rule.attached) next = rule.part;
      return word;
    }
    const program = PROGRAM.exec(word)?.[1] ?? "";
    const own = program === "" ? [] : PROGRAM_RULES.filter((rule) => rule.programs.test(program));
    if (own.length > 0) rules = own;
    return word;
  };
}

/** A word's last part: of a path, of `$(curl`, of `X=1;mysql`. */
const PROGRAM = /(?:^|[^\w.-])([\w-]{1,100})(?:\.exe)?$/i;

/** Where the flag's value begins in this word. At the word's end: the value is the next word. */
function valueAt({ letters = "", takes, long }: ProgramRule, word: string): number | undefined {
  const sign = word.indexOf("=");
  const name = sign === -1 ? word : word.slice(0, sign);
  if (long?.test(name)) return sign === -1 ? word.length : sign + 1;
  if (!/^-[^-]/.test(word)) return undefined;
  // `-su`: letters that take no value may stand before it.
  for (let at = 1; at < word.length; at += 1) {
    const letter = word[at] ?? "";
    if (letters.includes(letter)) return at + 1;
    if (takes === undefined || takes.includes(letter) || !/[a-z]/i.test(letter)) return undefined;
  }
  return undefined;
}

/** Blanks, or a word as a shell reads it: pieces of any quoting without a blank between them. */
const PIECES = /((?:\s|\\\r?\n)+)|(?:"(?:\\[\s\S]|[^"\\])*(?:"|$)|'[^']*(?:'|$)|\\[\s\S]|\\$|[^\s"'\\])+/g;
const PIECE = /"((?:\\[\s\S]|[^"\\])*)(?:"|$)|'([^']*)(?:'|$)|\\([\s\S])|([\s\S])/g;

/** The word without its quotes. */
const bareOf = (word: string): string =>
  word.replace(PIECE, (_, double?: string, single?: string, escaped?: string, plain?: string) =>
    double === undefined ? (single ?? escaped ?? plain ?? "") : double.replace(/\\([\s\S])/g, "$1"),
  );

/** Quotes the word again, with the quotes that it had if one pair was around all of it. */
function quotedAs(word: string, bare: string): string {
  if (/^"(?:\\[\s\S]|[^"\\])*"?$/.test(word)) return `"${bare.replaceAll(/["\\]/g, "\\$&")}"`;
  return /[\s"'\\]/.test(word) ? `'${bare.replaceAll("'", "'\\''")}'` : bare;
}

/** How deep commands may be nested in one another. An honest one is never deeper. */
const LEVELS_MAX = 5;
const HINTS = new RegExp(PROGRAM_RULES.map(({ keyword }) => keyword).join("|"), "i");

/** The same in a text that holds a command. */
export function programSecretsBlotted(text: string, levels = LEVELS_MAX): string {
  if (levels === 0 || !HINTS.test(text)) return text;
  let clean = createCleaner();
  return text.replace(PIECES, (word: string, blank: string | undefined) => {
    if (blank !== undefined) {
      if (blank.replace(/\\\r?\n/g, "").includes("\n")) clean = createCleaner();
      return blank;
    }
    const bare = bareOf(word);
    const own = clean(bare);
    const isNested = own === bare && bare !== word && /\s/.test(bare);
    const cleaned = isNested ? programSecretsBlotted(bare, levels - 1) : own;
    if (/[|;&]$/.test(word)) clean = createCleaner();
    return cleaned === bare ? word : quotedAs(word, cleaned);
  });
}
