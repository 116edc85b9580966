/**
 * Checks what a plugin's step yields before any of it is stored, because a plugin is other people's code. The checks are cheap
 * beside the step's own work: the most expensive one counts newlines. check-contents.ts checks what the lines hold.
 */

import * as v from "valibot";
import type {
  ByteRecords,
  Counts,
  Cursor,
  LineRecords,
  ObjectFile,
  Problem,
  Records,
  Start,
  Step,
} from "../../contract/contract.ts";
import { given } from "../../units/given.ts";
import { isObject } from "../../units/json.ts";
import type { Range } from "../../units/range.ts";
import { LATEST } from "../../units/range.ts";
import { BLOCK_BYTES_MAX } from "../format/limits.ts";
import { countLines } from "../format/lines.ts";
import { pathObjection } from "../format/paths.ts";
import { problemKindSchema } from "../format/problem-kind.ts";
import { checkCursors } from "./check-cursors.ts";
import { InvalidStep, listOf, requireObject } from "./invalid-step.ts";
import type { StepBytes, StepObject, StepRecords } from "./step.ts";

/** A step as it is stored. */
export interface CheckedStep {
  readonly records: readonly StepRecords[];
  readonly files: readonly StepBytes[];
  readonly objects: readonly StepObject[];
  readonly problems: readonly Problem[];
  readonly next: readonly Cursor[];
  readonly notes: Readonly<Record<string, string>>;
  readonly done: number;
  readonly bytes: number;
}

/** @throws InvalidStep naming the field that is wrong. */
export function checkStep(plugin: string, step: Step): CheckedStep {
  requireObject(step, "a step must be an object");
  const all = listOf("records", step.records);
  const records = all.flatMap((one) => (isBytes(one) ? [] : [checkRecords(plugin, one)]));
  const files = all.flatMap((one) => (isBytes(one) ? [checkBytes(plugin, one)] : []));
  const objects = listOf("objects", step.objects).map((one) => checkObject(plugin, one));
  return {
    records,
    files,
    objects,
    problems: checkProblems(step.problems),
    next: checkCursors("next", step.next),
    notes: checkNotes(step.notes),
    done: checkShare(step.done),
    bytes: [...records, ...files, ...objects].reduce((sum, one) => sum + one.bytes.length, 0),
  };
}

/** The start, checked like the step of a root cursor. @throws InvalidStep */
export function checkStart(start: Start): Omit<CheckedStep, "records" | "files" | "objects" | "bytes"> & {
  readonly exportedUntil?: bigint;
} {
  requireObject(start, "start must return an object");
  const { exportedUntil } = start;
  if (exportedUntil !== undefined && !isTime(exportedUntil))
    throw new InvalidStep("exportedUntil is not a time in ns");
  return {
    problems: checkProblems(start.problems),
    next: checkCursors("cursors", start.cursors),
    notes: checkNotes(start.notes),
    done: 0,
    ...given({ exportedUntil }),
  };
}

/** @throws InvalidStep for an unknown kind */
function isBytes(records: Records): records is ByteRecords {
  const kind: unknown = isObject(records) ? records.kind : "nothing";
  if (kind !== undefined && kind !== "lines" && kind !== "bytes")
    throw new InvalidStep(`records have the unknown kind ${JSON.stringify(kind)}`);
  return kind === "bytes";
}

function checkBytes(plugin: string, { file, bytes, counts = {}, isContent }: ByteRecords): StepBytes {
  const objection = typeof file === "string" ? pathObjection(plugin, file, "bytes") : "it is not a text";
  if (objection !== undefined) throw new InvalidStep(`records.file ${JSON.stringify(file)}: ${objection}`);
  if (typeof bytes === "string") throw new InvalidStep(`bytes of ${file} are a text`);
  return {
    file,
    bytes: toBytes(`bytes of ${file}`, bytes),
    counts: checkCounts(`bytes of ${file}`, counts),
    ...(isContent === true && { isContent }),
  };
}

function checkRecords(
  plugin: string,
  { file, text, lines, from, to, counts, window }: LineRecords,
): StepRecords {
  const objection = typeof file === "string" ? pathObjection(plugin, file, "records") : "it is not a text";
  if (objection !== undefined) throw new InvalidStep(`records.file ${JSON.stringify(file)}: ${objection}`);
  const bytes = toBytes(`records of ${file}`, text);
  if (bytes.length > 0 && bytes.at(-1) !== 10)
    throw new InvalidStep(`records of ${file} do not end with a newline`);
  const found = countLines(bytes);
  if (found !== lines) throw new InvalidStep(`records of ${file} claim ${lines} lines but have ${found}`);
  const range = checkRange(`records of ${file}`, { from, to });
  return {
    file,
    bytes,
    lines,
    range,
    counts: checkCounts(`records of ${file}`, counts),
    ...given({ window: window && checkWindow(file, window) }),
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
  requireObject(counts, `${what} have no counts`);
  for (const [unit, number] of Object.entries(counts)) {
    if (!Number.isSafeInteger(number) || number < 0)
      throw new InvalidStep(`${what}: counts.${unit} is ${number}`);
  }
  return counts;
}

function checkProblems(problems: Step["problems"]): readonly Problem[] {
  return listOf("problems", problems).map((problem) => {
    const { kind, reason, range, items } = problem;
    if (!v.is(problemKindSchema, kind))
      throw new InvalidStep(`problems: ${JSON.stringify(kind)} is not a kind of problem`);
    if (typeof reason !== "string") throw new InvalidStep("problems: a reason must be a text");
    if (listOf("problems.items", items).some((item) => typeof item !== "string"))
      throw new InvalidStep("problems: items must be texts");
    if (range !== undefined) checkRange("problems", range);
    return problem;
  });
}

function checkNotes(notes: Step["notes"]): Readonly<Record<string, string>> {
  if (notes === undefined) return {};
  if (!isObject(notes) || Object.values<unknown>(notes).some((note) => typeof note !== "string"))
    throw new InvalidStep("notes must be texts by name");
  return notes;
}

function checkShare(done: number | undefined): number {
  if (done === undefined) return 0;
  if (typeof done !== "number" || !(done >= 0 && done <= 1))
    throw new InvalidStep(`done is ${done}, not 0 to 1`);
  return done;
}
