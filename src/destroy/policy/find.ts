/** What `find` would delete, and what it would run. */

const OPTION = /^-(?:[HLP]|O\d?)$/;
const ACTION = /^-(?:delete|(?:exec|ok)(?:dir)?|fprint\w*)$/;
const RUNS = /^-(?:exec|ok)(?:dir)?$/;

/** @param program its bare name, in lower case */
export const isFind = (program: string): boolean => program === "find" || program === "gfind";

/** Whether it does more with what it finds than to name it. */
export const findActs = (words: readonly string[]): boolean => words.some((word) => ACTION.test(word));

/** Where it looks: the folder it is started in, when none is named. */
export function findRoots(words: readonly string[]): readonly string[] {
  let at = 1;
  while (at < words.length && (OPTION.test(words[at] ?? "") || words[at] === "-D")) {
    at += words[at] === "-D" ? 2 : 1;
  }
  const end = words.findIndex((word, index) => index >= at && /^(?:-|[(!,]$)/.test(word));
  const roots = words.slice(at, end < 0 ? words.length : end);
  return roots.length === 0 ? ["."] : roots;
}

/** The commands behind `-exec` and its like; `{}` stands for what was found. */
export function runByFind(words: readonly string[]): readonly (readonly string[])[] {
  return words.flatMap((word, at) => {
    if (!RUNS.test(word)) return [];
    const end = words.findIndex((one, index) => index > at && /^\\?[;+]$/.test(one));
    return [words.slice(at + 1, end < 0 ? words.length : end)];
  });
}
