/** Reads a shell's text as far as it takes to see which commands it runs, and where their output goes. */

/** A program and its words, quotes taken away; then `< -` if a pipe leads to it, and `> FILE` for what it writes to. */
export type Words = readonly string[];

const TOKEN =
  /(?<end>\s*\n\s*|\|\||&&|\|&?|[;&(){}])|\s+|(?<sign>\d*(?:>>?\|?&?|<(?:<[<-]?|&|>)?)(?!\())|(?<word>(?:\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\$\((?:[^()]|\([^()]*\))*\)|\$\{[^}]*\}|\{[^\s{};]*\}|`[^`]*`|[<>]\([^)]*\)|[^\s|&;(){}<>"'\\`$]|\$|["'])+)/gy;

/** `if …; fi` stands in a pipe as a whole, as `( … )` and `{ …; }` do. */
const OPENS = /^(?:if|while|until|for|case|select)$/;
const CLOSES = /^(?:fi|done|esac)$/;

/** The commands of a text, also those in its substitutions, which stand in the words of others as they were written. */
export function readShell(text: string): readonly Words[] {
  const commands: Words[] = [];
  /** Of each group that is open: whether a pipe leads into it. */
  const groups: boolean[] = [];
  let words: string[] = [];
  let files: string[] = [];
  let sign: string | undefined;
  let piped = false;
  const finish = (end: string): void => {
    const isEmpty = words.length + files.length === 0;
    if (!isEmpty) commands.push([...words, ...(piped ? ["<", "-"] : []), ...files]);
    if (/^[({]$/.test(end) || OPENS.test(words[0] ?? "")) groups.push(piped);
    else if (/^[)}]$/.test(end) || CLOSES.test(words[0] ?? "")) groups.pop();
    if (words.length > 0 || /[^({]/.test(end)) piped = /^\|&?$/.test(end) || (groups.at(-1) ?? false);
    [words, files, sign] = [[], [], undefined];
  };
  for (const { groups: token = {} } of text.matchAll(TOKEN)) {
    const word = token.word?.replace(/'([^']*)'|\\(.)|["']/gs, "$1$2");
    if (token.end !== undefined) finish(token.end.trim());
    else if (token.sign !== undefined) sign = token.sign.includes("<") ? "<" : ">";
    else if (word !== undefined && sign === undefined) words.push(word);
    else if (word !== undefined && sign !== undefined) {
      if (sign === ">" || word === "-") files.push(sign, word);
      sign = undefined;
    }
  }
  finish(";");
  return [...commands, ...substitutions(text).flatMap(readShell)];
}

/** What stands in `$(…)`, backticks and `<(…)`. */
const substitutions = (text: string): string[] =>
  [...text.matchAll(/[$<]\(((?:[^()]|\([^()]*\))*)\)|`([^`]*)`/g)].map(
    ([, one, other]) => one ?? other ?? "",
  );
