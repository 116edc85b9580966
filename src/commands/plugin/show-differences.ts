/** Shows a plugin's differences to a person: coloured, shortened, and with control characters escaped. */
import type { Difference } from "../../host/trust/differences.ts";
import type { Terminal } from "../../terminal/terminal.ts";

/** Most lines shown of one file's difference. */
const FILE_LINES = 120;
/** Most characters shown of a line; minified code has longer ones. */
const LINE_LENGTH = 300;
/** Most files whose lines are shown, the plugin's own first. */
const FILES = 30;

/** Writes them to stderr, the plugin's own files before those of its packages. */
export function showDifferences({ note, noteColors }: Terminal, found: readonly Difference[]): void {
  const ordered = found.toSorted((a, b) => Number(isPackage(a)) - Number(isPackage(b)));
  const { bold, dim } = noteColors;
  for (const { file, change, lines = [], reason } of ordered.slice(0, FILES)) {
    note(bold(`${change.padEnd(8)} ${file}`));
    if (reason !== undefined) note(dim(`  (${reason})`));
    for (const line of lines.slice(0, FILE_LINES)) note(painted(line, noteColors));
    if (lines.length > FILE_LINES)
      note(dim(`  … and ${lines.length - FILE_LINES} more lines; --json has all of them`));
  }
  if (ordered.length > FILES) note(dim(`… and ${ordered.length - FILES} more files; --json has all of them`));
}

const isPackage = ({ file }: Difference): boolean => file.includes("node_modules/");

function painted(line: string, { green, red, cyan, dim }: Terminal["noteColors"]): string {
  const text = cut(line);
  const paint = { "+": green, "-": red, "@": cyan }[line[0] ?? ""] ?? dim;
  return paint(text);
}

const cut = (line: string): string =>
  line.length <= LINE_LENGTH
    ? line
    : `${line.slice(0, LINE_LENGTH)}… (${line.length - LINE_LENGTH} more characters)`;
