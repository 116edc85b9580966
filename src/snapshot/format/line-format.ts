/** What is known about a data file's lines without the plugin that wrote them: how to check, count, split and join them. */
import type { Counts } from "../../contract/contract.ts";
import type { Json, JsonObject } from "../../units/json.ts";
import type { Range } from "../../units/range.ts";
import type { Members } from "./members.ts";

/** One data file, and what is known of its lines. */
export interface LineFormat {
  /** The data file, as plugins name it. */
  readonly file: string;
  /** The unit of its records; absent if each line is a record. */
  readonly unit?: string;
  /** The units that a record with a time itself names. */
  readonly counted?: readonly string[];
  /** The unit of a line, if a line is more than its records. */
  readonly lineUnit?: string;
  /** Its lines describe a current state rather than a time, so that a newer one replaces an older one. */
  readonly isState?: true;
  /** What a line counts as besides its records and itself. Default: nothing. */
  lineCounts?(line: Members): Counts;
  /** How to check and count a line; absent: it is only parsed. */
  readonly check?: LineCheck;
  /** Splits a line into records; absent: a line is one record. @throws Error when the line does not belong in this file */
  records?(line: JsonObject): Iterable<LineRecord>;
  /** The line with only some of its records; `isKept` is called in the order of `records`. */
  keep?(line: Members, isKept: IsKept): Members;
  /** How to join lines of one stream or one series; absent: they need not be joined. */
  readonly join?: LineJoin;
  /** Where its records' labels are, to which a restore may add; absent: they have none. */
  readonly labelled?: Labelled;
}

/** How a line is checked and counted. */
interface LineCheck {
  /** @throws Error saying which part of the line violates the format */
  measure(value: Json): LineFacts;
  /** A block's counts in the units that are measured; units that it does not name are not compared. */
  claims(counts: Counts): Counts;
}

/** One line's contents, counted. */
export interface LineFacts {
  readonly counts: Counts;
  /** The earliest and latest time in it, ns; absent when it has none. */
  readonly earliest?: bigint;
  readonly latest?: bigint;
  /**
   * What the whole line is about, which may occur only once in the file: a trace's id. `verify` calls a second one damage. A
   * record within the line has an {@link LineRecord.identity}, which may come again, in another snapshot.
   */
  readonly id?: string;
}

/** One record of a line. Its texts are computed on demand. */
export interface LineRecord {
  /**
   * Identifies the record: for a sample, its series and time; for a span, its trace, kind, times and name, because servers
   * rewrite span ids and reorder attributes; for an entry or a line, all of it.
   */
  readonly identity: string;
  /** Its whole content. */
  readonly content: string;
  /** Its time, half-open, ns. Absent if no time is known for lines of this file. */
  readonly time?: Range;
  /** When it begins, rounded down; cheap to get. 0 if no time is known here, or the record is kept packed. */
  readonly timeMs: number;
  /** The units that it counts as; empty if the record is kept packed. */
  readonly units: readonly string[];
  /** The trace that it belongs to. */
  readonly trace?: string;
  /** Its name for people, if two contents with one identity contradict each other. */
  readonly name?: string;
}

/** Called once for each record of a line, in order. */
export type IsKept = () => boolean;

/** Where labels are in a line. */
export interface Labelled {
  /** What has labels: `streams`, `series`, `resources`. */
  readonly unit: string;
  /** Whether two with the same labels are the same thing: streams and series are, resources are not. */
  readonly isIdentity: boolean;
  /** A label's value as a line has it. Default: the text. */
  value?(text: string): Json;
  /** @throws Error when it is not what the file holds */
  sets(line: JsonObject): Iterable<LabelSet>;
}

/** The labels of one stream, series or resource in a line. */
export interface LabelSet {
  /** By name: texts, or the values of attributes. */
  readonly labels: JsonObject;
  /** Its records, as if it had these labels. */
  records(labels: JsonObject): Iterable<LineRecord>;
}

/** For lines of which a server accepts data older than the newest only within limits, or not at all. */
interface LineJoin {
  /** What lines that can be joined have in common; `undefined` for a line that cannot be joined. */
  key(line: JsonObject): string | undefined;
  /** Joins lines with the same key into one, in time order. */
  join(lines: readonly Members[]): Members;
}

/** For {@link LineCheck.claims}: the counts in these units. */
export const countsNamed =
  (...units: readonly string[]) =>
  (counts: Counts): Counts =>
    Object.fromEntries(Object.entries(counts).filter(([unit]) => units.includes(unit)));
