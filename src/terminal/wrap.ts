/** Wraps text between words; colours in it do not count. */

/** Extra indentation of a wrapped line's continuation. */
const HANGING = 2;

/**
 * The lines of a text, none wider than `width` unless a single word is. Continuations are indented below the start of their
 * line.
 * @param width columns; `Infinity` wraps nothing
 * @param hanging indentation of continuations; default: that of the line plus two
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
  // Words and the blanks after them, alternating; a number stays with what it counts.
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
