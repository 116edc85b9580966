/** Runs as rows for a spreadsheet, without what was said. */
import { csvLine } from "../../units/csv.ts";
import type { RunRow } from "./list.ts";

const time = (value: string | number | null | undefined): string | undefined =>
  typeof value === "number" ? new Date(value).toISOString() : undefined;

const COLUMNS = [
  ...[
    "id",
    "source",
    "upstream",
    "user",
    "entity_type",
    "entity_id",
    "conversation",
    "trace_id",
    "span_id",
    "parent_id",
  ],
  ...["provider", "operation", "model_asked", "model_answered", "status", "started", "first_chunk", "ended"],
  ...[
    "tokens_input",
    "tokens_output",
    "tokens_cached",
    "tokens_reasoning",
    "finish_reason",
    "error_class",
    "error_text",
  ],
  ...["content", "redactions", "cut_bytes"],
];

const TIMES: ReadonlySet<string> = new Set(["started", "first_chunk", "ended"]);

/** What of a run is told. */
export interface CsvRows {
  /** Also the texts of errors, in which a server of models may say what it was asked. */
  readonly isWhole: boolean;
}

/** Pieces of the text. What is not known is an empty cell. */
export function* runsAsCsv(rows: Iterable<RunRow>, { isWhole }: CsvRows): Generator<string> {
  const columns = isWhole ? COLUMNS : COLUMNS.filter((name) => name !== "error_text");
  yield csvLine(columns);
  for (const row of rows)
    yield csvLine(columns.map((name) => (TIMES.has(name) ? time(row[name]) : cellOf(row[name]))));
}

const cellOf = (value: string | number | null | undefined): string | undefined =>
  value === null || value === undefined ? undefined : String(value);
