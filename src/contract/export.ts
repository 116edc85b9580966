/** How a backend exports: a tree of cursors, and the records they yield. */

import type { JsonObject } from "../units/json.ts";
import type { Range } from "../units/range.ts";
import type { Counts } from "./values.ts";

/** What to read. */
export interface ExportRequest {
  readonly range: Range;
  /** A selector in the backend's own language. */
  readonly match?: string;
}

/**
 * One piece of export work, as plain JSON: it can be stored, retried or run elsewhere. The engine understands these members:
 * - `from` and `to`, decimal strings of ns: the part of the time line that is missing if the cursor fails.
 * - `notBefore`, likewise: run the cursor no earlier than this, by the server's clock and at most an hour from now. Other work
 *   goes on meanwhile.
 * - `restart: "whole"`: run the cursor with {@link Exporter.read}, from beginning to end.
 * - `temporaryBytes`, a number: free space that the step needs in the temporary directory (`os.tmpdir()`). The engine checks it
 *   first and does not run the step if there is less.
 * - `once`, an object: what several steps may find, by name, such as the traces that a window lists. Each name is read once in an
 *   export: the engine takes out of a new cursor what an earlier one has named, and does not run one that nothing is left of.
 * - `reread`: reserved for the engine.
 */
export type Cursor = JsonObject;

/**
 * An export is a tree of cursors. `start` returns the first ones; `step` runs one and returns records and the cursors that
 * follow: one (the next page), two (a bisection) or many (a fan-out).
 *
 * A step depends only on its cursor: it may run again, in any order, beside others, or in another process. It is bounded (about
 * `limits.stepBytes` of records), and is committed as a whole or not at all. The cursors in `next` run once the step is
 * written, and it is always committed before they are. An item that can appear in several windows is named in a cursor's `once`,
 * or the plugin has a rule for which window owns it that each step can apply alone, and that holds while the item grows.
 *
 * Every method throws PluginError, whose kind decides what the engine does, and obeys its signal within a second.
 */
export interface Exporter {
  /**
   * Shows that `start` heeds `match`, and {@link Backend.count} with it: what the selector does not find is not exported. Without
   * it the core refuses `export --match`.
   */
  readonly heeds?: readonly "match"[];
  /**
   * Says whether a selector makes sense: by itself if it can tell, else by asking the server no more than that. It is called
   * first of all, before a flush. Without it the core calls {@link Exporter.start} for that, after the inventory.
   * @throws PluginError `invalid` for one that makes no sense
   */
  checkMatch?(match: string, signal: AbortSignal): Promise<void>;
  /**
   * Returns the first cursors and reads no records itself. It may be called again for a part of the range, which is then read a
   * second time; records that are not held yet are added. @throws PluginError `invalid` for a selector that makes no sense
   */
  start(request: ExportRequest, signal: AbortSignal): Promise<Start>;
  /** Runs one cursor. If part of its work cannot be read, it reports that in `problems` and continues with the rest. */
  step(cursor: Cursor, signal: AbortSignal): Promise<Step>;
  /**
   * Runs a cursor with `restart: "whole"`, for data that can only be read from its beginning: a dump, a copy of a database.
   * What it yields is written as it arrives and committed together at the end. If it fails or the process is killed, all of it
   * is dropped and it starts again. Each piece obeys the rules of a step: at most about `limits.stepBytes`, and no objects. No
   * other cursor may write to its files. It stays in one process.
   */
  read?(cursor: Cursor, signal: AbortSignal): AsyncIterable<Step>;
  /**
   * For a source without a time line that can nevertheless tell what has changed: the data files that it tells it by. Then
   * `export --since-last` continues the newest complete snapshot of it. See {@link Exporter.continueFrom}.
   */
  readonly continues?: readonly string[];
  /**
   * Called right before {@link Exporter.read}, in the same process and before each attempt, if this export continues a snapshot:
   * `text` is the data files {@link Exporter.continues} of that, one after another. What `read` then yields may name contents
   * that earlier snapshots hold.
   */
  continueFrom?(text: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
  /**
   * Divides a cursor whose step cannot be read, so that the unreadable part costs nothing else. The engine calls it when a step
   * fails as `invalid` or `too-large`, breaks the contract with its answer, or fails as `temporary` (including time limits) on
   * every attempt; not when the server refuses, is absent, or asks to wait. The returned cursors run instead. Those that fail
   * are split again until one cannot be split: that one is named in the manifest. Without this method, the whole cursor is lost
   * and named there.
   */
  split?(cursor: Cursor, signal: AbortSignal): Promise<Split>;
}

/** The parts of a cursor that cannot be read as a whole. */
export interface Split {
  /**
   * Two or more smaller cursors that together bring what the original would have brought. None when it stands for one record,
   * or for one window that the server returns as a whole or not at all.
   */
  readonly cursors?: readonly Cursor[];
  /** What the cursor is about, in words: `trace 4bf92f35`, `dashboard Sales`. This names it if it is lost. */
  readonly items?: readonly string[];
}

/** The first cursors, and what is known before anything is read. */
export interface Start {
  /** The roots of the tree; empty when there is nothing to read. The same request always gives the same cursors. */
  readonly cursors: readonly Cursor[];
  readonly problems?: readonly Problem[];
  /** How the data is read, e.g. `{ read: "streamed remote read" }`. Stored in the manifest. */
  readonly notes?: Readonly<Record<string, string>>;
  /** Where reading really ends, if that is before the requested end (the newest data is still settling). ns */
  readonly exportedUntil?: bigint;
}

/** What one cursor yields: records, objects, and the cursors that follow. */
export interface Step {
  readonly records?: readonly Records[];
  readonly objects?: readonly ObjectFile[];
  readonly problems?: readonly Problem[];
  /** The cursors that follow; none when this branch is done. A cursor that has been returned before is not run again. */
  readonly next?: readonly Cursor[];
  /** How the data was read, by short names. Stored in the manifest; a later note replaces an earlier one of the same name. */
  readonly notes?: Readonly<Record<string, string>>;
  /** The fraction of this cursor's work that is done when `next` is not empty, 0 to 1, for the progress bar. Default 0. */
  readonly done?: number;
}

/** What a step adds to one data file: one block, with its own checksum. */
export type Records = LineRecords | ByteRecords;

/** Lines of JSON. */
export interface LineRecords {
  readonly kind?: "lines";
  /** `traces.json`, `metrics.json`, `logs.json`, or a file of the plugin's own in a folder named after the plugin. */
  readonly file: string;
  /** JSON values, one per line, each line ending in `\n`. The engine owns the bytes from now on: never reuse the buffer. */
  readonly text: string | Uint8Array;
  /** How many lines. */
  readonly lines: number;
  /** The time range of these lines, half-open, ns. */
  readonly from: bigint;
  readonly to: bigint;
  /** What the lines contain, by unit. Units that {@link Backend.count} returns are reconciled. */
  readonly counts: Counts;
  /** The reconciliation window that contains all of it. Default: the whole export. */
  readonly window?: Range;
}

/**
 * A piece of a file with any content: a database, a dump, an archive. All pieces of a file come from one cursor, in order. Such
 * a file has no time range: it holds what was there when it was read.
 */
export interface ByteRecords {
  readonly kind: "bytes";
  /** A file of the plugin's own, in a folder named after the plugin; path parts as in {@link ObjectFile.path}. */
  readonly file: string;
  /**
   * The engine owns these bytes from now on: never reuse the buffer of a step. That of a piece may be reused once
   * {@link Exporter.read} is asked for the next one.
   */
  readonly bytes: Uint8Array;
  /** What the file counts as, by unit (`databases`, `files`): given once per file, with one of its pieces. */
  readonly counts?: Counts;
  /**
   * True: lines name parts of this file (see {@link Content}), and it is not restored by itself. Its name differs from that of
   * every such file in the snapshots that this export continues, since they are read together.
   */
  readonly isContent?: boolean;
}

/** The member `content` of a line that names bytes: a part of a file whose pieces say `isContent`, before compression. */
export interface Content {
  /** As in {@link ByteRecords.file}. */
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
}

/** The records of a step that are lines. */
export const lineRecords = ({ records = [] }: Step): LineRecords[] =>
  records.filter((one) => one.kind !== "bytes");

/** A small file written whole: a dashboard, a rule group. */
export interface ObjectFile {
  /** Relative, separated by `/`; the first part is the plugin's folder. Safe on every file system (see `safeFileName`). */
  readonly path: string;
  /** The complete file. If its name ends in `.json`, this is JSON. */
  readonly text: string;
  /** What it counts as: `dashboards`, `folders`, `rules`. */
  readonly unit: string;
}

/**
 * - `lossy`: kept, but some details could not be preserved.
 * - `incomplete`: part of it could not be read.
 * - `clamped`: the server shortens its answers.
 * - `failed`: it could not be read at all.
 * - `normalised`: the server's own bookkeeping was removed or reversed. Not a loss.
 * - `not-contained`: the API never returns it (secrets). Not a failure of the export.
 * `incomplete`, `clamped` and `failed` make the snapshot `partial`.
 */
export type ProblemKind = "lossy" | "incomplete" | "clamped" | "failed" | "normalised" | "not-contained";

/** Something that the snapshot lacks or holds in another form, reported by the plugin or the engine. */
export interface Problem {
  readonly kind: ProblemKind;
  /** What is wrong and why, in one or two sentences. Problems of the same kind and reason are merged, with all their ranges. */
  readonly reason: string;
  readonly range?: Range;
  /** Names of the affected items (ids, dashboards). The engine keeps the first hundred, and the total. */
  readonly items?: readonly string[];
}
