/**
 * What a plugin's step yields, checked before anything of it is kept: a plugin is other people's code. Cheap against the
 * work of the step itself: the dearest check counts the newlines. What the lines hold is looked at in check-contents.ts.
 */
import * as v from "valibot";
import type {
  Counts,
  Cursor,
  ObjectFile,
  Problem,
  Records,
  Split,
  Start,
  Step,
} from "../../contract/contract.ts";
import { nestsDeeper } from "../../units/nesting.ts";
import { NS_PER_SECOND, type Range } from "../../units/range.ts";
import { isOfSecondReading } from "../format/block.ts";
import { cursorNotBefore } from "../format/cursor-range.ts";
import { BLOCK_BYTES_MAX, CURSOR_LEVELS_MAX, INDEX_LINE_BYTES_MAX } from "../format/limits.ts";
import { countLines } from "../format/lines.ts";
import { pathObjection } from "../format/paths.ts";
import { problemKindSchema } from "../format/problem-kind.ts";
import { LATEST } from "../format/range-text.ts";
import { InvalidStep } from "./invalid-step.ts";
import type { StepObject, StepRecords } from "./step.ts";

/** A cursor names a piece of work; it is not a place to carry data. */
const CURSOR_BYTES_MAX = 64 << 10;
const NEXT_MAX = 1_000_000;
/** All of one step stand in one line of the index. */
const NEXT_BYTES_MAX = INDEX_LINE_BYTES_MAX / 2;
const TOO_DEEP = `a cursor nests deeper than ${CURSOR_LEVELS_MAX} levels`;

/** A step as it is kept. */
export interface CheckedStep {
  readonly records: readonly StepRecords[];
  readonly objects: readonly StepObject[];
  readonly problems: readonly Problem[];
  readonly next: readonly Cursor[];
  readonly notes: Readonly<Record<string, string>>;
  readonly done: number;
  readonly bytes: number;
}

/** @throws InvalidStep naming the field that is wrong. */
export function checkStep(plugin: string, step: Step): CheckedStep {
  if (!isObject(step)) throw new InvalidStep("a step must be an object");
  const records = list("records", step.records).map((one) => checkRecords(plugin, one));
  const objects = list("objects", step.objects).map((one) => checkObject(plugin, one));
  return {
    records,
    objects,
    problems: checkProblems(step.problems),
    next: checkCursors("next", step.next),
    notes: checkNotes(step.notes),
    done: checkShare(step.done),
    bytes: [...records, ...objects].reduce((sum, one) => sum + one.bytes.length, 0),
  };
}

/** The start as the step of the root. @throws InvalidStep */
export function checkStart(start: Start): Omit<CheckedStep, "records" | "objects" | "bytes"> & {
  readonly exportedUntil?: bigint;
} {
  if (!isObject(start)) throw new InvalidStep("start must give an object");
  const { exportedUntil } = start;
  if (exportedUntil !== undefined && !isTime(exportedUntil))
    throw new InvalidStep("exportedUntil is not a time in ns");
  return {
    problems: checkProblems(start.problems),
    next: checkCursors("cursors", start.cursors),
    notes: checkNotes(start.notes),
    done: 0,
    ...(exportedUntil === undefined ? {} : { exportedUntil }),
  };
}

function checkRecords(plugin: string, { file, text, lines, from, to, counts, window }: Records): StepRecords {
  const objection = typeof file === "string" ? pathObjection(plugin, file, "records") : "it is not a text";
  if (objection !== undefined) throw new InvalidStep(`records.file ${JSON.stringify(file)}: ${objection}`);
  const bytes = toBytes(`records of ${file}`, text);
  if (bytes.length > 0 && bytes.at(-1) !== 10)
    throw new InvalidStep(`records of ${file} do not end with a newline`);
  const found = countLines(bytes);
  if (found !== lines) throw new InvalidStep(`records of ${file} claim ${lines} lines and have ${found}`);
  const range = checkRange(`records of ${file}`, { from, to });
  return {
    file,
    bytes,
    lines,
    range,
    counts: checkCounts(`records of ${file}`, counts),
    ...(window === undefined ? {} : { window: checkWindow(file, window) }),
  };
}

function checkObject(plugin: string, { path, text, unit }: ObjectFile): StepObject {
  const objection = typeof path === "string" ? pathObjection(plugin, path, "object") : "it is not a text";
  if (objection !== undefined) throw new InvalidStep(`object ${JSON.stringify(path)}: ${objection}`);
  if (typeof unit !== "string" || unit === "") throw new InvalidStep(`object ${path} has no unit`);
  return { path, bytes: toBytes(`object ${path}`, text), unit };
}

function toBytes(what: string, text: unknown): Uint8Array {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  if (!(bytes instanceof Uint8Array)) throw new InvalidStep(`${what} are neither a text nor bytes`);
  if (bytes.length > BLOCK_BYTES_MAX)
    throw new InvalidStep(`${what}: ${bytes.length} bytes; a block has at most ${BLOCK_BYTES_MAX}`);
  return bytes;
}

const isTime = (time: unknown): time is bigint => typeof time === "bigint" && time >= 0n && time <= LATEST;

function checkRange(what: string, { from, to }: Range): Range {
  if (!isTime(from) || !isTime(to))
    throw new InvalidStep(`${what}: from and to must be times in ns (bigint)`);
  if (from > to) throw new InvalidStep(`${what}: from is after to`);
  return { from, to };
}

function checkWindow(file: string, window: Range): Range {
  const { from, to } = checkRange(`window of ${file}`, window);
  if (from === to) throw new InvalidStep(`window of ${file} is empty`);
  return { from, to };
}

function checkCounts(what: string, counts: Counts): Counts {
  if (!isObject(counts)) throw new InvalidStep(`${what} have no counts`);
  for (const [unit, number] of Object.entries(counts)) {
    if (!Number.isSafeInteger(number) || number < 0)
      throw new InvalidStep(`${what}: counts.${unit} is ${number}`);
  }
  return counts;
}

function checkProblems(problems: Step["problems"]): readonly Problem[] {
  return list("problems", problems).map((problem) => {
    const { kind, reason, range, items } = problem;
    if (!v.is(problemKindSchema, kind))
      throw new InvalidStep(`problems: ${JSON.stringify(kind)} is not a kind`);
    if (typeof reason !== "string") throw new InvalidStep("problems: a reason must be a text");
    if (list("problems.items", items).some((item) => typeof item !== "string"))
      throw new InvalidStep("problems: items must be texts");
    if (range !== undefined) checkRange("problems", range);
    return problem;
  });
}

/** The cursors that one was split into; none when they are fewer than two, or one is the same. @throws InvalidStep */
export function checkSplit(cursor: Cursor, split: Split): readonly Cursor[] {
  if (!isObject(split)) throw new InvalidStep("split must give an object");
  const cursors = checkCursors("cursors", split.cursors);
  if (list("items", split.items).some((item) => typeof item !== "string"))
    throw new InvalidStep("items must be texts");
  return cursors.length < 2 || cursors.some((one) => Bun.deepEquals(one, cursor)) ? [] : cursors;
}

function checkCursors(what: string, cursors: readonly Cursor[] | undefined): readonly Cursor[] {
  const all = list(what, cursors);
  if (all.length > NEXT_MAX)
    throw new InvalidStep(`${what}: ${all.length} cursors; at most ${NEXT_MAX} in one step`);
  let bytes = 0;
  return all.map((cursor) => {
    const { copy, text } = checkCursor(what, cursor);
    bytes += text.length;
    if (bytes > NEXT_BYTES_MAX)
      throw new InvalidStep(`${what}: the cursors take more than ${NEXT_BYTES_MAX} bytes`);
    return copy;
  });
}

/** A copy through JSON: what the plugin changes later, or JSON cannot hold, is not part of the cursor. */
function checkCursor(what: string, cursor: Cursor): { readonly copy: Cursor; readonly text: string } {
  if (!isObject(cursor)) throw new InvalidStep(`${what}: a cursor must be a JSON object`);
  const text = toJson(what, cursor);
  if (text.length > CURSOR_BYTES_MAX)
    throw new InvalidStep(`${what}: a cursor of ${text.length} bytes is too large`);
  const copy: Cursor = JSON.parse(text);
  if (nestsDeeper(copy, CURSOR_LEVELS_MAX)) throw new InvalidStep(`${what}: ${TOO_DEEP}`);
  if (!Bun.deepEquals(copy, cursor))
    throw new InvalidStep(`${what}: a cursor does not survive JSON: ${text.slice(0, 200)}`);
  if (isOfSecondReading(copy)) throw new InvalidStep(`${what}: a cursor's member reread is the engine's own`);
  if (copy.notBefore !== undefined && cursorNotBefore(copy) === undefined)
    throw new InvalidStep(`${what}: a cursor's member notBefore is not a time in ns, as decimal digits`);
  return { copy, text };
}

/** What is to wait longer than this would make an export hang. ns */
const WAIT_MAX = 3_600n * NS_PER_SECOND;

/** @param now by the server's clock, ns @throws InvalidStep for a cursor that is not to be run within an hour */
export function checkWaits(what: string, cursors: readonly Cursor[], now: bigint): void {
  const late = cursors.find((cursor) => (cursorNotBefore(cursor) ?? now) > now + WAIT_MAX);
  if (late === undefined) return;
  throw new InvalidStep(
    `${what}: a cursor is to wait for more than an hour: ${toJson(what, late).slice(0, 200)}`,
  );
}

function toJson(what: string, cursor: Cursor): string {
  try {
    return JSON.stringify(cursor);
  } catch (cause) {
    if (cause instanceof RangeError) throw new InvalidStep(`${what}: ${TOO_DEEP}`, { cause });
    throw new InvalidStep(`${what}: a cursor is not JSON (a bigint, or a circle)`, { cause });
  }
}

function checkNotes(notes: Step["notes"]): Readonly<Record<string, string>> {
  if (notes === undefined) return {};
  if (!isObject(notes) || Object.values(notes).some((note) => typeof note !== "string"))
    throw new InvalidStep("notes must be texts by name");
  return notes;
}

function checkShare(done: number | undefined): number {
  if (done === undefined) return 0;
  if (typeof done !== "number" || !(done >= 0 && done <= 1))
    throw new InvalidStep(`done is ${done}, not 0 to 1`);
  return done;
}

function list<Item>(what: string, items: readonly Item[] | undefined): readonly Item[] {
  if (items === undefined) return [];
  if (!Array.isArray(items)) throw new InvalidStep(`${what} must be a list`);
  return items;
}

const isObject = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);
