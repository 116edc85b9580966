import type { Range } from "../units/range.ts";

/**
 * Which of an export's records are read a second time.
 * - `window`: those of a reconciliation window;
 * - `rest`: those without a window;
 * - `whole`: all, if no record has a window.
 */
export type RecordsPart = "window" | "rest" | "whole";

/** A part of the time line that is read a second time. */
export interface Reread extends Range {
  readonly of: RecordsPart;
  /** The window that it belongs to, in which everything it adds is counted. */
  readonly window?: Range;
}
