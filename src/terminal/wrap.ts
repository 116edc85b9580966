/** Text broken between words; colours in it do not disturb. */

/** Behind a line that had to be broken, the rest stands this much further in. */
const HANGING = 2;

/**
 * The lines of a text, none wider than `width` unless a single word is. What is broken off stands under its beginning.
 * @param width columns; `Infinity` breaks nothing
 * @param hanging blanks in front of the broken-off lines; default: those of the line itself and two more
 */
export const wrapWords = (text: string, width: number, hanging?: number): string[] =>
  text.split("\n").flatMap((line) => wrapLine(line, width, hanging));

const BLANKS = /(?<!(?:^| |\()[\d,.]+)( +)/;

function wrapLine(line: string, width: number, hanging?: number): string[] {
  if (Bun.stringWidth(line) <= width) return [line];
  const [indent = ""] = /^ */.exec(line) ?? [];
  const rest = " ".repeat(hanging ?? indent.length + HANGING);
  const lines: string[] = [];
  let current = indent;
  let gap = "";
  let begun = false;
  // Words and the blanks behind them, in turn; a number stays with what it counts.
  for (const [index, piece] of line.slice(indent.length).split(BLANKS).entries()) {
    if (index % 2 === 1) gap = piece;
    else if (!begun || Bun.stringWidth(current + gap + piece) <= width) {
      current += begun ? gap + piece : piece;
      begun = true;
    } else {
      lines.push(current);
      current = rest + piece;
    }
  }
  return [...lines, current];
}
