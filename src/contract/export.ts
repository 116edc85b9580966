/** What a backend does in an export: a tree of cursors, and the records that it yields. */

import type { JsonObject } from "../units/json.ts";
import type { Range } from "../units/range.ts";
import type { Counts } from "./values.ts";

/** What is to be read. */
export interface ExportRequest {
  readonly range: Range;
  /** A selector in the backend's own language. */
  readonly match?: string;
}

/**
 * Plain JSON that names one piece of export work: it can be stored, retried, or sent elsewhere. Some members mean something to
 * the engine, too:
 * - `from` and `to`, decimal strings of ns: which part of the time line is missing when the cursor fails;
 * - `notBefore`, the same: it is run at that time by the server's clock or later, an hour from now at most; other work goes
 *   on meanwhile;
 * - `restart: "whole"`: it is read by {@link Exporter.read}, from its beginning to its end;
 * - `temporaryBytes`, a number: so much free space its step needs where temporary files go (`os.tmpdir()`). It is looked at
 *   before the step, which is not run where there is less;
 * - `reread` is the engine's own.
 */
export type Cursor = JsonObject;

/**
 * An export is a tree of cursors. `start` gives the first; `step` runs one and yields records and the cursors that
 * follow: one (a page after a page), two (a bisection) or many (a fan-out).
 *
 * A step depends on nothing but its cursor: it may be run again, in any order, beside others, in another process. It is
 * bounded (about `limits.stepBytes` of records) and committed whole or not at all. The cursors in `next` are run once the step
 * is written and sure to be committed before theirs. Where one item can turn up in several windows, a rule that each step can
 * check alone says which window owns it.
 *
 * Every method throws PluginError, whose kind decides what the engine does, and heeds its signal within a second.
 */
export interface Exporter {
  /**
   * The first cursors; it reads no records itself. It may be called again for a part of the range, which is then read a second
   * time: what is not held yet is added. @throws PluginError `invalid` for a selector that makes no sense
   */
  start(request: ExportRequest, signal: AbortSignal): Promise<Start>;
  /** Runs one cursor. What it could not read of its work, and goes on without, it says in `problems`. */
  step(cursor: Cursor, signal: AbortSignal): Promise<Step>;
  /**
   * Runs a cursor with `restart: "whole"`, for what can only be read from its beginning: a dump, a copy of a database. What it
   * yields is written as it comes, and committed together when it ends; when it fails, or the process is killed, nothing of
   * it is kept and it begins again. Each piece is a step by the same rules: about `limits.stepBytes` at most, without
   * objects. The files that its records are written to are its own: no other cursor may write to them. It stays in one process.
   */
  read?(cursor: Cursor, signal: AbortSignal): AsyncIterable<Step>;
  /**
   * Makes less of a cursor whose step cannot be read, so that what cannot be read costs nothing beside it. It is asked for
   * when a step fails as `invalid` or `too-large`, answers what the contract does not allow, or fails as `temporary` (a time
   * limit, too) as often as it is tried; not when the server refuses, is not there, or asks to wait. The cursors that it gives
   * are run instead, and those that fail are split again, until one cannot be: that one is named in the manifest.
   * Without it the whole cursor is named, and lost.
   */
  split?(cursor: Cursor, signal: AbortSignal): Promise<Split>;
}

/** The parts of a cursor that cannot be read as a whole. */
export interface Split {
  /**
   * Two or more, which together bring what the cursor would have brought; each asks for less. None: it is one record, or one
   * window, of which the server gives all or nothing.
   */
  readonly cursors?: readonly Cursor[];
  /** What the cursor is about, as a person says it: `trace 4bf92f35`, `dashboard Sales`. It is named so when it is lost. */
  readonly items?: readonly string[];
}

/** The first cursors, and what is known before anything is read. */
export interface Start {
  /** The roots of the tree; none: there is nothing to read. Of the same request always the same. */
  readonly cursors: readonly Cursor[];
  readonly problems?: readonly Problem[];
  /** How it is read, e.g. `{ read: "streamed remote read" }`; kept in the manifest. */
  readonly notes?: Readonly<Record<string, string>>;
  /** Where reading really ends, where that is earlier than was asked (newest data still settling). ns */
  readonly exportedUntil?: bigint;
}

/** What one cursor gave: records, objects, and the cursors that follow. */
export interface Step {
  readonly records?: readonly Records[];
  readonly objects?: readonly ObjectFile[];
  readonly problems?: readonly Problem[];
  /** The cursors that follow; none: this part of the tree is done. One that was named before is not run again. */
  readonly next?: readonly Cursor[];
  /** How it was read, by short names; kept in the manifest, where a later note of the same name replaces an earlier one. */
  readonly notes?: Readonly<Record<string, string>>;
  /** Which part of this cursor's work is done when `next` is not empty, 0 to 1: for the progress bar. Default 0. */
  readonly done?: number;
}

/** What one data file gets of a step: it becomes one block, with a checksum of its own. */
export type Records = LineRecords | ByteRecords;

/** Lines of JSON. */
export interface LineRecords {
  readonly kind?: "lines";
  /** `traces.json`, `metrics.json`, `logs.json`, or a file of the plugin's own in a folder named after it. */
  readonly file: string;
  /** JSON values, one a line, each line ended by `\n`. Bytes are the engine's from then on: never a buffer that is used again. */
  readonly text: string | Uint8Array;
  /** How many lines. */
  readonly lines: number;
  /** The times of the data in them, half-open. ns */
  readonly from: bigint;
  readonly to: bigint;
  /** What is in the lines, by unit. The units that {@link Backend.count} gives are reconciled. */
  readonly counts: Counts;
  /** The reconciliation window that all of it falls in. Default: the whole export. */
  readonly window?: Range;
}

/**
 * A piece of a file of any content: a database, a dump, an archive. The pieces of one file come from one cursor, in their order.
 * Such a file has no time: it stands for what was there when it was read.
 */
export interface ByteRecords {
  readonly kind: "bytes";
  /** A file of the plugin's own, in a folder named after it; parts as {@link ObjectFile.path}. */
  readonly file: string;
  /** The engine's from then on: never a buffer that is used again. */
  readonly bytes: Uint8Array;
  /** What it counts as, by unit (`databases`, `files`): once for a file, beside one of its pieces. */
  readonly counts?: Counts;
}

/** Those of a step's records that are lines. */
export const lineRecords = ({ records = [] }: Step): LineRecords[] =>
  records.filter((one) => one.kind !== "bytes");

/** A whole small file: a dashboard, a rule group. */
export interface ObjectFile {
  /** Relative, `/` between parts, first part the plugin's folder, safe on every file system (see `safeFileName`). */
  readonly path: string;
  /** The whole file; of one called `.json` it is JSON. */
  readonly text: string;
  /** What it counts as: `dashboards`, `folders`, `rules`. */
  readonly unit: string;
}

/**
 * - `lossy`: kept, but not every detail of it can be carried.
 * - `incomplete`: part of it could not be read.
 * - `clamped`: the server shortens its answers.
 * - `failed`: it could not be read at all.
 * - `normalised`: a server's own bookkeeping was left out, or undone. Not a loss.
 * - `not-contained`: the API never gives it (secrets). Not a failure of the export.
 * `incomplete`, `clamped` and `failed` make the snapshot `partial`.
 */
export type ProblemKind = "lossy" | "incomplete" | "clamped" | "failed" | "normalised" | "not-contained";

/** Something that is not in the snapshot, or not as it was, said by the plugin or the engine. */
export interface Problem {
  readonly kind: ProblemKind;
  /** What and why, one or two sentences. The same kind and reason are merged into one, with all their ranges. */
  readonly reason: string;
  readonly range?: Range;
  /** Names of the items concerned (ids, dashboards); the engine keeps the first hundred and the number. */
  readonly items?: readonly string[];
}
