/** Finds lines in a plugin's source that run code which its files do not show. A reviewer should look at them twice. */
import type { PluginFiles } from "./files.ts";

const SIGNS: readonly (readonly [sign: RegExp, what: string])[] = [
  [
    /(?<![\w$.])(?:import|require|module\.require)\s*\(\s*(?!(["'])(?:(?!\1).)*\1\s*[,)])(?!`[^`$]*`\s*[,)])/,
    "a computed import, which may lead anywhere",
  ],
  [
    /\bcreateRequire\b|\bModule\._load\b|\bprocess\.(binding|dlopen)\b/,
    "a computed import, which may lead anywhere",
  ],
  [
    /(?<![\w$.])(?:eval\s*\(|\(\s*0\s*,\s*eval\s*\)|(?:new\s+)?Function\s*\()|\bnode:vm\b|\bimport\s*\(\s*["'](?:data|blob):/,
    "code made from text",
  ],
  [/\bBun\.plugin\b/, "a loader of its own"],
  [/\bnew\s+Worker\s*\(/, "a thread, which the module fence does not cover"],
];
/** A shown line is cut at this length. characters */
const SHOWN = 120;
const MOST = 20;

/** One line each, `FILE:LINE: what: the source`. A first look, not a proof: code can hide what it does. */
export function unseenText({ code }: PluginFiles): string[] {
  const found = [...code].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([file, text]) => inFile(file, text));
  const rest = found.length - MOST;
  return rest > 0 ? [...found.slice(0, MOST), `and ${rest} more lines of that kind`] : found;
}

function inFile(file: string, text: string): string[] {
  return text.split("\n").flatMap((line, at) => {
    const [, what] = SIGNS.find(([sign]) => sign.test(withoutTexts(line))) ?? [];
    return what === undefined ? [] : [`${file}:${at + 1}: ${what}: ${line.trim().slice(0, SHOWN)}`];
  });
}

/** The line without comments and without string contents, except strings that are the beginning of an import. */
const withoutTexts = (line: string): string =>
  /^\s*(\*|\/\*)(?!.*\*\/.*\S)/.test(line)
    ? ""
    : line
        .replace(/\/\*.*?\*\//g, "")
        .replace(/(?<!\b(?:import|require)\s*\(\s*)(["'])(?:(?!\1|\\).|\\.)*\1/g, '""')
        .replace(/(^|\s)\/\/.*$/, "");
