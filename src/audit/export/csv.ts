/** Events as rows: `csvCell` says how to read them back. */
import { canonicalJson } from "../../units/canonical-json.ts";
import { csvLine } from "../../units/csv.ts";
import type { AuditEvent } from "../format/event.ts";

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
  ["via", (event) => event.via],
  ["request", (event) => event.request],
];

/** The names of the columns, with the line end. */
export const csvHeader = (): string => csvLine(COLUMNS.map(([name]) => name));

/** One event as a row, with the line end. It has every field, so the event can be rebuilt from it. */
export const csvRow = (event: AuditEvent): string => csvLine(COLUMNS.map(([, cell]) => cell(event)));
