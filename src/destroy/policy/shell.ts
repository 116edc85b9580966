/** Reads shell text as far as it takes to see which programs it would run, with which words, and where their output goes. */

/** One program with its words, quotes taken away; substitutions stand in the words as they were written. */
export interface ShellCommand {
  readonly words: readonly string[];
  /** Files that output is redirected to. */
  readonly writesTo: readonly string[];
  /** What stands before it in a pipe. */
  readonly reads?: ShellCommand;
}

const TOKEN =
  /\s*\n\s*(?<line>)|\s+|(?<end>\|\||&&|\|&?|[;&(){}])|(?<output>\d*>>?\|?&?(?!\())|(?<input>\d*<(?:<[<-]?|&|>)?(?!\())|(?<word>(?:\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\$\((?:[^()]|\([^()]*\))*\)|\$\{[^}]*\}|\{[^\s{};]*\}|`[^`]*`|[<>]\([^)]*\)|[^\s|&;(){}<>"'\\`$]|\$|["'])+)/gy;

/** `if …; fi` stands in a pipe as a whole, as `( … )` and `{ …; }` do. */
const OPENS = /^(?:if|while|until|for|case|select)$/;
const CLOSES = /^(?:fi|done|esac)$/;

/** The commands of a text, also those inside substitutions. */
export function readShell(text: string): readonly ShellCommand[] {
  const commands: ShellCommand[] = [];
  const groups: (ShellCommand | undefined)[] = [];
  let words: string[] = [];
  let writesTo: string[] = [];
  let redirected: "output" | "input" | undefined;
  let reads: ShellCommand | undefined;
  const finish = (end: string): void => {
    const command = { words, writesTo, ...(reads === undefined ? {} : { reads }) };
    if (words.length + writesTo.length > 0) commands.push(command);
    if (/^[({]$/.test(end) || OPENS.test(words[0] ?? "")) groups.push(reads);
    else if (/^[)}]$/.test(end) || CLOSES.test(words[0] ?? "")) groups.pop();
    const goesOn = words.length === 0 && (end === "\n" || /^[({]$/.test(end));
    if (!goesOn) reads = /^\|&?$/.test(end) ? command : groups.at(-1);
    words = [];
    writesTo = [];
  };
  for (const { groups: token } of text.matchAll(TOKEN)) {
    if (token?.line !== undefined) finish("\n");
    else if (token?.end !== undefined) finish(token.end);
    else if (token?.output !== undefined) redirected = "output";
    else if (token?.input !== undefined) redirected = "input";
    else if (token?.word !== undefined) {
      if (redirected === undefined) words.push(unquoted(token.word));
      else if (redirected === "output") writesTo.push(unquoted(token.word));
      redirected = undefined;
    }
  }
  finish(";");
  return [...commands, ...substitutions(text).flatMap(readShell)];
}

const unquoted = (word: string): string => word.replace(/\\(.)|["']/gs, "$1");

/** What stands in `$(…)`, backticks and `<(…)`. */
const substitutions = (text: string): string[] =>
  [...text.matchAll(/[$<]\(((?:[^()]|\([^()]*\))*)\)|`([^`]*)`/g)].map(
    ([, one, other]) => one ?? other ?? "",
  );
