/** Events in the formats that other tools read. */
import type { JsonObject } from "../../contract/contract.ts";
import { canonicalJson } from "../../units/canonical-json.ts";
import type { AuditEvent } from "../format/event.ts";
import { trailLines, trailLinesBackward } from "../journal/segments.ts";
import { type Filter, type Match, matching, newestOf } from "../read/query.ts";
import { csvHeader, csvRow } from "./csv.ts";

/**
 * - `csv`: `csvCell` says how to read it back.
 * - `json`: one array; details longer than a thousand characters are cut and marked, unless `full` is set.
 * - `jsonl`: the lines exactly as they are in the trail, so each can still be verified.
 */
export const EXPORT_FORMATS = ["csv", "json", "jsonl"] as const;
/** One of {@link EXPORT_FORMATS}. */
type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** How many events one export gives by default. */
export const EXPORT_LIMIT = 10_000;
/** The largest number that may be asked for. */
export const EXPORT_LIMIT_MAX = 50_000;

/** What is to be exported. */
export interface AuditExport {
  /** The trail's file. */
  readonly file: string;
  readonly format: ExportFormat;
  readonly filter: Filter;
  /** How many of the newest events to export; `"all"` streams from the beginning. */
  readonly limit: number | "all";
  /** Keep long details whole in `json`. */
  readonly full: boolean;
}

/** An export, made piece by piece as it is read. */
interface ExportedText {
  /** Pieces of text, to be written one after the other. */
  readonly pieces: Generator<string>;
  /** How many events were given so far. */
  readonly count: () => number;
  /** Whether older matching events were left out. Known once everything was given. */
  readonly isCut: () => boolean;
}

/** The chosen events, oldest first. @throws TrailError while reading */
export function exportEvents(request: AuditExport): ExportedText {
  let count = 0;
  let cut = false;
  function* counted(): Generator<Match> {
    for (const match of chosen(request, () => (cut = true))) {
      count += 1;
      yield match;
    }
  }
  return { pieces: WRITERS[request.format](counted(), request), count: () => count, isCut: () => cut };
}

function* chosen({ file, filter, limit }: AuditExport, onCut: () => void): Generator<Match> {
  if (limit === "all") return yield* matching(trailLines(file), filter);
  const { matches } = newestOf(trailLinesBackward(file), { ...filter, limit: limit + 1 });
  if (matches.length > limit) onCut();
  yield* matches.slice(-limit);
}

type Writer = (matches: Iterable<Match>, request: AuditExport) => Generator<string>;

const WRITERS: Readonly<Record<ExportFormat, Writer>> = {
  *csv(matches) {
    yield csvHeader();
    for (const { event } of matches) yield csvRow(event);
  },
  *json(matches, { full }) {
    let separator = "[\n";
    for (const { event } of matches) {
      yield `${separator}${JSON.stringify(full ? event : withShortDetails(event))}`;
      separator = ",\n";
    }
    yield separator === "[\n" ? "[]\n" : "\n]\n";
  },
  *jsonl(matches) {
    for (const { line } of matches) yield `${line}\n`;
  },
};

const DETAILS_LENGTH_MAX = 1_000;

/** Replaces long details by `{"cut": the first thousand characters, "characters": how many there were}`. */
export function withShortDetails(
  event: AuditEvent,
): Omit<AuditEvent, "details"> & { readonly details: JsonObject } {
  const text = canonicalJson(event.details);
  if (text.length <= DETAILS_LENGTH_MAX) return event;
  const cut = text.slice(0, DETAILS_LENGTH_MAX).toWellFormed();
  return { ...event, details: { cut, characters: text.length } };
}
