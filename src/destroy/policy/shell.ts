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
  /\s+|(?<end>\|\||&&|\|&?|[;&\n(){}])|(?<redirect>\d*>>?\|?&?)|(?<word>(?:\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\$\((?:[^()]|\([^()]*\))*\)|`[^`]*`|[<>]\([^)]*\)|[^\s|&;(){}<>"'\\`$]|[$<]|["'])+)/gy;

/** The commands of a text, also those inside substitutions. */
export function readShell(text: string): readonly ShellCommand[] {
  const commands: ShellCommand[] = [];
  let words: string[] = [];
  let writesTo: string[] = [];
  let redirected = false;
  let reads: ShellCommand | undefined;
  const finish = (isPipe: boolean): void => {
    const command = { words, writesTo, ...(reads === undefined ? {} : { reads }) };
    if (words.length + writesTo.length > 0) commands.push(command);
    reads = isPipe && words.length > 0 ? command : undefined;
    words = [];
    writesTo = [];
  };
  for (const { groups } of text.matchAll(TOKEN)) {
    if (groups?.end !== undefined) finish(/^\|&?$/.test(groups.end));
    else if (groups?.redirect !== undefined) redirected = true;
    else if (groups?.word !== undefined) {
      (redirected ? writesTo : words).push(unquoted(groups.word));
      redirected = false;
    }
  }
  finish(false);
  return [...commands, ...substitutions(text).flatMap(readShell)];
}

const unquoted = (word: string): string => word.replace(/\\(.)|["']/gs, "$1");

/** What stands in `$(…)`, backticks and `<(…)`. */
const substitutions = (text: string): string[] =>
  [...text.matchAll(/[$<]\(((?:[^()]|\([^()]*\))*)\)|`([^`]*)`/g)].map(
    ([, one, other]) => one ?? other ?? "",
  );
