/**
 * RFC 4180, safe to open in a spreadsheet: a cell that a spreadsheet would take for a formula gets an apostrophe in
 * front, and so does a cell that begins with one. To read a cell back exactly, remove one leading apostrophe.
 */
import { canonicalJson } from "../../units/canonical-json.ts";
import type { AuditEvent } from "../format/event.ts";

/** The characters that OWASP lists as beginnings of a formula, their full-width forms, and the apostrophe itself. */
const RISKY = /^[=+\-@\t\r\n'＝＋－＠]/;

/** One cell. `undefined` becomes an empty cell, an empty text a lone apostrophe. */
export function csvCell(text: string | undefined): string {
  if (text === undefined) return "";
  const safe = text === "" || RISKY.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const COLUMNS: readonly (readonly [string, (event: AuditEvent) => string | undefined])[] = [
  ["timestamp", (event) => event.timestamp],
  ["operation", (event) => event.operation],
  ["outcome", (event) => event.outcome],
  ["user", (event) => event.user],
  ["host", (event) => event.host],
  ["project", (event) => event.project],
  ["data_affected", (event) => canonicalJson(event.data_affected)],
  ["export_path", (event) => event.export_path],
  ["details", (event) => canonicalJson(event.details)],
  ["id", (event) => event.id],
  ["seq", (event) => String(event.seq)],
  ["ref", (event) => event.ref],
  ["prev_hash", (event) => event.prev_hash],
  ["hash", (event) => event.hash],
];

/** The names of the columns, with the line end. */
export const csvHeader = (): string => `${COLUMNS.map(([name]) => name).join(",")}\r\n`;

/** One event as a row, with the line end. It has every field, so the event can be rebuilt from it. */
export const csvRow = (event: AuditEvent): string =>
  `${COLUMNS.map(([, cell]) => csvCell(cell(event))).join(",")}\r\n`;
