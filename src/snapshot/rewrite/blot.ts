/** Takes what must not be read any more out of what a snapshot says of its data: cursors, problems, notes, and names of files. */
import type { Cursor, Problem } from "../../contract/contract.ts";
import { canonicalJson } from "../../units/canonical-json.ts";
import { given } from "../../units/given.ts";
import type { Json } from "../../units/json.ts";
import { isList, isObject } from "../../units/json.ts";
import type { Commit } from "../format/block.ts";
import { collisionKey } from "../format/paths.ts";

/** See {@link Rewriting.blot}. */
export type Blot = (text: string) => string;

/** Whether any text in the value, or any number, holds something to blot out. */
export function isBlotted(value: Json | undefined, blot: Blot): boolean {
  if (value === undefined || value === null || typeof value === "boolean") return false;
  if (typeof value === "string" || typeof value === "number") return blot(`${value}`) !== `${value}`;
  if (isList(value)) return value.some((one) => isBlotted(one, blot));
  return Object.entries(value).some(([name, one]) => isBlotted(name, blot) || isBlotted(one, blot));
}

/** Blots out commits, one after another. */
type BlotCommit = (commit: Commit) => Commit;

/**
 * A cursor of a finished snapshot tells only which step came of which. So one that holds something to blot out becomes a number, the
 * same wherever it stands; of a second reading it stays told which that was.
 */
export function createBlotCommit(blot: Blot): BlotCommit {
  const numbers = new Map<string, number>();
  const blotCursor = (cursor: Cursor): Cursor => {
    if (!isBlotted(cursor, blot)) return cursor;
    const key = canonicalJson(cursor);
    const erased = numbers.get(key) ?? numbers.size + 1;
    numbers.set(key, erased);
    const { reread } = cursor;
    return isObject(reread) && reread !== undefined ? { reread, erased } : { erased };
  };
  return ({ cursor, next, problems, notes, ...rest }) => ({
    ...rest,
    cursor: blotCursor(cursor),
    next: next.map(blotCursor),
    problems: problems.map((problem) => blotProblem(problem, blot)),
    notes: blotNotes(notes, blot),
  });
}

/** A problem's words without it. */
export const blotProblem = <One extends Pick<Problem, "reason" | "items">>(
  problem: One,
  blot: Blot,
): One => ({
  ...problem,
  reason: blot(problem.reason),
  ...given({ items: problem.items?.map(blot) }),
});

/** Notes without it. */
export const blotNotes = (notes: Readonly<Record<string, string>>, blot: Blot): Record<string, string> =>
  Object.fromEntries(Object.entries(notes).map(([name, note]) => [blot(name), blot(note)]));

/** Gives files of a snapshot names without it, each another one. */
export type BlotName = (name: string) => string;

// biome-ignore lint/suspicious/noControlCharactersInRegex: no file system takes them
const UNSAFE = /[\u0000-\u001f\u007f<>:"\\|?*]/g;

/** @param taken the names that files have now */
export function createBlotName(blot: Blot, taken: Iterable<string>): BlotName {
  const known = new Map<string, string>();
  const used = new Set([...taken].map(collisionKey));
  return (name) => {
    const plain = blot(name);
    if (plain === name) return name;
    const safe = plain.replaceAll(UNSAFE, "_");
    const given = known.get(name) ?? freeName(safe, used);
    known.set(name, given);
    used.add(collisionKey(given));
    return given;
  };
}

function freeName(name: string, used: ReadonlySet<string>): string {
  const dot = name.indexOf(".", name.lastIndexOf("/") + 2);
  const [stem, end] = dot < 0 ? [name, ""] : [name.slice(0, dot), name.slice(dot)];
  for (let number = 1; ; number += 1) {
    const free = number === 1 ? name : `${stem}-${number}${end}`;
    if (!used.has(collisionKey(free))) return free;
  }
}
