/** Text in columns; colours in the cells do not disturb them. */
import { wrapWords } from "./wrap.ts";

export type Alignment = "left" | "right";

export interface Column {
  readonly align?: Alignment;
  /** At least this wide. */
  readonly width?: number;
  /** Blanks between this column and the next. Default 2. */
  readonly gap?: number;
}

/**
 * One line a row, without blanks at the ends.
 * @param lineWidth where it ends, the last column goes on below itself, broken between words; default: nowhere
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  lineWidth: number = Number.POSITIVE_INFINITY,
): string[] {
  const widths = columns.map(({ width = 0 }, index) =>
    Math.max(width, ...rows.map((row) => Bun.stringWidth(row[index] ?? ""))),
  );
  const before = columns
    .slice(0, -1)
    .reduce((sum, { gap = 2 }, index) => sum + (widths[index] ?? 0) + gap, 0);
  return rows.flatMap((row) => {
    // Where next to nothing is left beside the other columns, or less than a word takes, it goes on under the first.
    const least = Math.max(LAST_LEAST, longestWord(row[columns.length - 1] ?? ""));
    const hanging = lineWidth - before < least ? 2 : before;
    const cells = columns.map(
      (column, index) => pad(row[index] ?? "", widths[index] ?? 0, column) + " ".repeat(column.gap ?? 2),
    );
    return wrapWords(cells.join("").trimEnd(), lineWidth, hanging);
  });
}

/** Columns of text that are worth a column of their own. */
const LAST_LEAST = 24;

const longestWord = (text: string): number =>
  Math.max(...text.split(" ").map((word) => Bun.stringWidth(word)));

function pad(text: string, width: number, { align = "left" }: Column): string {
  const blanks = " ".repeat(Math.max(0, width - Bun.stringWidth(text)));
  return align === "right" ? blanks + text : text + blanks;
}
