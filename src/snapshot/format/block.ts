/**
 * `blocks.jsonl`: the index of a snapshot, and its checkpoint while it is written.
 *
 * Each line is one flat JSON object. A line with a `file` is a block: a run of bytes in that file. A line with a `cursor`
 * commits a step: every line of that plugin since its previous commit belongs to the step. Where possible, a step's last block
 * and its commit share a line.
 */

import * as v from "valibot";
import { objectOf } from "../../contract/any-names.ts";
import type { Counts, Cursor, Problem } from "../../contract/contract.ts";
import { given } from "../../units/given.ts";
import { isObject } from "../../units/json.ts";
import { nestsDeeper } from "../../units/nesting.ts";
import type { Range } from "../../units/range.ts";
import { fromRfc3339, toRfc3339 } from "../../units/range.ts";
import { countsSchema } from "./counts.ts";
import { CURSOR_LEVELS_MAX } from "./limits.ts";
import { problemKindSchema } from "./problem-kind.ts";
import { rangeFromText, rangeSchema, rangeToText, timeSchema } from "./range-text.ts";

/** The records of one step in one file: a contiguous, checksummed run of bytes. */
export interface Block {
  /** The stored file, relative to the snapshot. */
  readonly file: string;
  /** The data file that the stored file is a part of, or the path that the plugin asked for; absent if it is the same. */
  readonly of?: string;
  readonly offset: number;
  readonly bytes: number;
  /** Size before compression; absent when it is not compressed. */
  readonly raw?: number;
  /** A piece of a file with any content; absent: lines if it has a time, otherwise an object. */
  readonly kind?: "bytes";
  /** Lines name parts of the file, in this snapshot or in those that continue it; it is not restored by itself. */
  readonly content?: true;
  /** Lines; 1 for an object file, whose text may have many; 0 for bytes. */
  readonly records: number;
  /** ns, half-open; absent for an object. */
  readonly range?: Range;
  readonly sha256: string;
  readonly counts: Counts;
  /** The reconciliation window that it belongs to; absent: the whole export. */
  readonly window?: Range;
  /** From a second reading, or from a newer snapshot of a chain. It holds only missing records, so other blocks may have more of its traces, series and streams. */
  readonly reread?: true;
}

/** The data file as plugins know it, or the object's path. */
export const fileOf = ({ of, file }: Block): string => of ?? file;

/** Whether a cursor is the engine's own for a second reading: its member `reread` is an object. */
export const isOfSecondReading = ({ reread }: Cursor): boolean => isObject(reread);

/**
 * Orders blocks by the time of their oldest data, across series, because some servers refuse older samples. A block from a
 * second reading comes after every block that its records may be added to, and before one that begins where it ends.
 */
export function byBlockTime(a: Block, b: Block): number {
  const at = ({ range, reread }: Block): bigint => (reread ? range?.to : range?.from) ?? 0n;
  return at(a) < at(b) ? -1 : at(a) > at(b) ? 1 : Number(b.reread ?? false) - Number(a.reread ?? false);
}

/** Ends a step: it is done, and the cursors in `next` remain to be done. */
export interface Commit {
  readonly cursor: Cursor;
  readonly next: readonly Cursor[];
  readonly problems: readonly Problem[];
  readonly notes: Readonly<Record<string, string>>;
  /** The fraction of the cursor's work that was done, 0 to 1, for progress. */
  readonly done: number;
  /** Only in the first step: where reading ends. ns */
  readonly exportedUntil?: bigint;
}

/** One line of `blocks.jsonl`: a block, or the end of a step. */
export interface IndexLine {
  readonly plugin: string;
  readonly block?: Block;
  readonly commit?: Commit;
}

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const cursorSchema = v.pipe(
  v.custom<Cursor>(isObject, "not a JSON object"),
  v.check(
    (cursor) => !nestsDeeper(cursor, CURSOR_LEVELS_MAX),
    `nests deeper than ${CURSOR_LEVELS_MAX} levels`,
  ),
);

const problemSchema = v.object({
  kind: problemKindSchema,
  reason: v.string(),
  range: v.exactOptional(rangeSchema),
  items: v.exactOptional(v.array(v.string())),
});

const commitEntries = {
  cursor: v.exactOptional(cursorSchema),
  next: v.exactOptional(v.array(cursorSchema)),
  problems: v.exactOptional(v.array(problemSchema)),
  notes: v.exactOptional(objectOf(v.string())),
  done: v.exactOptional(v.number()),
  exportedUntil: v.exactOptional(timeSchema),
};

const blockLineSchema = v.object({
  plugin: v.string(),
  file: v.string(),
  of: v.exactOptional(v.string()),
  offset: whole,
  bytes: whole,
  raw: v.exactOptional(whole),
  kind: v.exactOptional(v.literal("bytes")),
  content: v.exactOptional(v.literal(true)),
  records: whole,
  from: v.exactOptional(timeSchema),
  to: v.exactOptional(timeSchema),
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  counts: countsSchema,
  window: v.exactOptional(rangeSchema),
  reread: v.exactOptional(v.literal(true)),
  ...commitEntries,
});
const commitLineSchema = v.object({
  plugin: v.string(),
  file: v.exactOptional(v.undefined_()),
  ...commitEntries,
});

type BlockLine = v.InferOutput<typeof blockLineSchema>;
type CommitFields = Omit<v.InferOutput<typeof commitLineSchema>, "file">;

/** One line of the index, with its newline. */
export function formatIndexLine({ plugin, block, commit }: IndexLine): string {
  const { range, window, ...flat } = block ?? {};
  const line = {
    plugin,
    ...flat,
    ...(range && rangeToText(range)),
    ...given({ window: window && rangeToText(window) }),
    ...(commit && formatCommit(commit)),
  };
  return `${JSON.stringify(line)}\n`;
}

/** The lines of one committed step; the last one carries the commit. */
export function formatStep(plugin: string, blocks: readonly Block[], commit: Commit): string[] {
  const last = blocks.at(-1);
  return [
    ...blocks.slice(0, -1).map((block) => formatIndexLine({ plugin, block })),
    formatIndexLine({ plugin, ...given({ block: last }), commit }),
  ];
}

function formatCommit({ cursor, next, problems, notes, done, exportedUntil }: Commit) {
  return {
    cursor,
    next,
    ...given({
      problems: problems.length === 0 ? undefined : problems.map(formatProblem),
      notes: Object.keys(notes).length === 0 ? undefined : notes,
      done: done === 0 ? undefined : done,
      exportedUntil: exportedUntil === undefined ? undefined : toRfc3339(exportedUntil),
    }),
  };
}

const formatProblem = ({ range, ...problem }: Problem) =>
  range === undefined ? problem : { ...problem, range: rangeToText(range) };

/**
 * Reads one line of the index.
 * @throws Error saying what is wrong with it; the caller adds the place.
 */
export function parseIndexLine(text: string): IndexLine {
  const value: unknown = JSON.parse(text);
  if (isObject(value) && typeof value === "object" && value !== null && "file" in value) {
    const line = v.parse(blockLineSchema, value);
    return { plugin: line.plugin, block: blockOf(line), ...commitOf(line) };
  }
  const line = v.parse(commitLineSchema, value);
  return { plugin: line.plugin, ...commitOf(line) };
}

function blockOf(line: BlockLine): Block {
  const { file, of, offset, bytes, raw, kind, content, records, from, to, sha256, counts, window, reread } =
    line;
  return {
    file,
    ...given({ of }),
    offset,
    bytes,
    ...given({ raw, kind, content }),
    records,
    ...given({ range: from === undefined || to === undefined ? undefined : rangeFromText({ from, to }) }),
    sha256,
    counts,
    ...given({ window: window && rangeFromText(window), reread }),
  };
}

function commitOf({ cursor, next, problems, notes, done, exportedUntil }: CommitFields): { commit?: Commit } {
  if (cursor === undefined) return {};
  return {
    commit: {
      cursor,
      next: next ?? [],
      problems: (problems ?? []).map(parseProblem),
      notes: notes ?? {},
      done: done ?? 0,
      ...given({ exportedUntil: exportedUntil === undefined ? undefined : fromRfc3339(exportedUntil) }),
    },
  };
}

const parseProblem = ({ range, ...problem }: v.InferOutput<typeof problemSchema>): Problem =>
  range === undefined ? problem : { ...problem, range: rangeFromText(range) };
