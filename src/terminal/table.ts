/** Text in columns; colours in cells do not affect the width. */
import { visibleStyled } from "./styles.ts";
import type { Terminal } from "./terminal.ts";
import { wrapWords } from "./wrap.ts";

type Alignment = "left" | "right";

interface Column {
  readonly align?: Alignment;
  /** Minimum width. */
  readonly width?: number;
  /** Blanks between this column and the next. Default 2. */
  readonly gap?: number;
}

/**
 * One line per row, without leading or trailing blanks.
 * @param lineWidth where a line ends; the last column continues below itself, broken between words. Default: unlimited
 */
export function formatTable(
  columns: readonly Column[],
  given: readonly (readonly string[])[],
  lineWidth: number = Number.POSITIVE_INFINITY,
): string[] {
  // Characters that will be made visible take room.
  const rows = given.map((row) => row.map(visibleStyled));
  const widths = columns.map(({ width = 0 }, index) =>
    Math.max(width, ...rows.map((row) => Bun.stringWidth(row[index] ?? ""))),
  );
  const before = columns
    .slice(0, -1)
    .reduce((sum, { gap = 2 }, index) => sum + (widths[index] ?? 0) + gap, 0);
  return rows.flatMap((row) => {
    // If too little room is left beside the other columns for a word, the text continues under the first column.
    const least = Math.max(LAST_LEAST, longestWord(row[columns.length - 1] ?? ""));
    const hanging = lineWidth - before < least ? 2 : before;
    // A cell may hold styles and nothing else.
    const filled = row.findLastIndex((cell) => Bun.stringWidth(cell) > 0) + 1;
    const cells = columns
      .slice(0, filled)
      .map(
        (column, index) => pad(row[index] ?? "", widths[index] ?? 0, column) + " ".repeat(column.gap ?? 2),
      );
    return wrapWords(cells.join("").trimEnd(), lineWidth, hanging);
  });
}

/** Prints rows as a table that fits where it is printed. */
export function printTable(
  { print, width }: Pick<Terminal, "print" | "width">,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): void {
  const lines = formatTable(columns, rows, width());
  if (lines.length > 0) print(...lines);
}

/** Columns of text wide enough to be a column of their own. */
const LAST_LEAST = 24;

const longestWord = (text: string): number =>
  Math.max(...text.split(" ").map((word) => Bun.stringWidth(word)));

function pad(text: string, width: number, { align = "left" }: Column): string {
  const blanks = " ".repeat(Math.max(0, width - Bun.stringWidth(text)));
  return align === "right" ? blanks + text : text + blanks;
}
