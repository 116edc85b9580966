/** What is known of a data file's lines without the plugin that wrote it: how they are checked, counted, taken apart and joined. */
import type { Counts } from "../../contract/contract.ts";
import type { Json, JsonObject } from "../../units/json.ts";
import type { Range } from "../../units/range.ts";
import type { Members } from "./members.ts";

/** One data file, and what is known of its lines. */
export interface LineFormat {
  /** The data file, as plugins name it. */
  readonly file: string;
  /** What its records are called; absent: its lines are the records. */
  readonly unit?: string;
  /** The units that a record with a time says itself that it counts as. */
  readonly counted?: readonly string[];
  /** What a line is one of, where a line is more than its records. */
  readonly lineUnit?: string;
  /** Its lines are no records of a time but describe what is there now: a newer one stands for an older. */
  readonly isState?: true;
  /** How a line is checked and counted; absent: it is only parsed. */
  readonly check?: LineCheck;
  /** Takes a line apart; absent: a line is one record. @throws Error when it is not what the file holds */
  records?(line: JsonObject): Iterable<LineRecord>;
  /** The line with only some of its records, asked for in the order of `records`. */
  keep?(line: Members, isKept: IsKept): Members;
  /** How lines of one stream, or of one series, are made one; absent: they need not be. */
  readonly join?: LineJoin;
}

/** How a line is checked and counted. */
export interface LineCheck {
  /** @throws Error saying which part of the line is not as the format says */
  measure(value: Json): LineFacts;
  /** What a block's counts say in the units that are measured; units that it does not name are not compared. */
  claims(counts: Counts): Counts;
}

/** One line's contents, counted. */
export interface LineFacts {
  readonly counts: Counts;
  /** Earliest and latest time in it, ns; absent when it has none. */
  readonly earliest?: bigint;
  readonly latest?: bigint;
  /** What must be there once in the file: a trace's id. */
  readonly id?: string;
}

/** One record of a line. Its names are worked out when they are asked for. */
export interface LineRecord {
  /**
   * What makes it this record and no other: of a sample its series and time; of a span its trace, kind, times and name, since
   * servers write ids of spans anew and give attributes in another order; of an entry or a line all of it.
   */
  readonly identity: string;
  /** All that it holds. */
  readonly content: string;
  /** When it is, half-open, ns. Absent: lines of this file have no time that is known here. */
  readonly time?: Range;
  /** When it begins, rounded down: cheap. 0 where it has none that is known here, or is kept packed. */
  readonly timeMs: number;
  /** What it counts as; nothing for what is kept packed. */
  readonly units: readonly string[];
  /** The trace that it is a part of. */
  readonly trace?: string;
  /** How people are told of it, where two contents for one identity contradict one another. */
  readonly name?: string;
}

/** Asked once for each record of a line, in the order of its records. */
export type IsKept = () => boolean;

/** Of these a server takes what is older than the newest only to a point, or not at all. */
export interface LineJoin {
  /** What the lines that can be joined have in common; `undefined` for a line that is joined with none. */
  key(line: JsonObject): string | undefined;
  /** Lines that have the same key as one, in the order of time. */
  join(lines: readonly Members[]): Members;
}

/** For {@link LineCheck.claims}: the counts of these units. */
export const countsNamed =
  (...units: readonly string[]) =>
  (counts: Counts): Counts =>
    Object.fromEntries(Object.entries(counts).filter(([unit]) => units.includes(unit)));
