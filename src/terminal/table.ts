/** Text in columns; colours in the cells do not disturb them. */
export type Alignment = "left" | "right";

export interface Column {
  readonly align?: Alignment;
  /** At least this wide. */
  readonly width?: number;
  /** Blanks between this column and the next. Default 2. */
  readonly gap?: number;
}

/** One line a row, without blanks at the ends. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map(({ width = 0 }, index) =>
    Math.max(width, ...rows.map((row) => Bun.stringWidth(row[index] ?? ""))),
  );
  return rows.map((row) =>
    columns
      .map((column, index) => pad(row[index] ?? "", widths[index] ?? 0, column) + " ".repeat(column.gap ?? 2))
      .join("")
      .trimEnd(),
  );
}

function pad(text: string, width: number, { align = "left" }: Column): string {
  const blanks = " ".repeat(Math.max(0, width - Bun.stringWidth(text)));
  return align === "right" ? blanks + text : text + blanks;
}
