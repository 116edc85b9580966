/** Parses a shell text just enough to find which commands it runs, and where their output goes. */

/** A program and its words without quotes; then `< -` if a pipe leads to it, and `> FILE` for each file that it writes to. */
export type Words = readonly string[];

const TOKEN =
  /(?<end>\s*\n\s*|\|\||&&|\|&?|[;&(){}])|\s+|(?<sign>\d*(?:>>?\|?&?|<(?:<[<-]?|&|>)?)(?!\())|(?<word>(?:\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\$\((?:[^()]|\([^()]*\))*\)|\$\{[^}]*\}|\{[^\s{};]*\}|`[^`]*`|[<>]\([^)]*\)|[^\s|&;(){}<>"'\\`$]|\$|["'])+)/gy;

/** `if …; fi` is in a pipe as a whole, like `( … )` and `{ …; }`. */
const OPENS = /^(?:if|while|until|for|case|select)$/;
const CLOSES = /^(?:fi|done|esac)$/;

/** The commands of a text, including those in substitutions, which also remain in the words of other commands as written. */
export function readShell(text: string): readonly Words[] {
  const commands: Words[] = [];
  /** For each open group, whether a pipe leads into it. */
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

/** The contents of `$(…)`, backticks and `<(…)`. */
const substitutions = (text: string): string[] =>
  [...text.matchAll(/[$<]\(((?:[^()]|\([^()]*\))*)\)|`([^`]*)`/g)].map(
    ([, one, other]) => one ?? other ?? "",
  );
