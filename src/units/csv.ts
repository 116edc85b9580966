/**
 * RFC 4180, safe to open in a spreadsheet: a cell that a spreadsheet would take for a formula gets an apostrophe in
 * front, and so does a cell that begins with one. To read a cell back exactly, remove one leading apostrophe.
 */

/** The characters that OWASP lists as beginnings of a formula, their full-width forms, and the apostrophe itself. */
const RISKY = /^[=+\-@\t\r\n'＝＋－＠]/;

/** One cell. `undefined` becomes an empty cell, an empty text a lone apostrophe. */
export function csvCell(text: string | undefined): string {
  if (text === undefined) return "";
  const safe = text === "" || RISKY.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Cells as a row, with the line end. */
export const csvLine = (cells: readonly (string | undefined)[]): string =>
  `${cells.map(csvCell).join(",")}\r\n`;
