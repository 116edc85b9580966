/** Checks the cursors that a plugin returns before they are stored. */
import type { Cursor, Split } from "../../contract/contract.ts";
import { cursorNotBefore } from "../../contract/cursor-range.ts";
import { isObject } from "../../units/json.ts";
import { nestsDeeper } from "../../units/nesting.ts";
import { NS_PER_SECOND } from "../../units/range.ts";
import { isOfSecondReading } from "../format/block.ts";
import { CURSOR_LEVELS_MAX, INDEX_LINE_BYTES_MAX } from "../format/limits.ts";
import { InvalidStep, listOf, requireObject } from "./invalid-step.ts";

/** A cursor names a piece of work; it is not a place to carry data. */
const CURSOR_BYTES_MAX = 64 << 10;
const NEXT_MAX = 1_000_000;
/** All cursors of one step are in one line of the index. */
const NEXT_BYTES_MAX = INDEX_LINE_BYTES_MAX / 2;
const TOO_DEEP = `a cursor nests deeper than ${CURSOR_LEVELS_MAX} levels`;

/** The cursors that one was split into; none when there are fewer than two, or one equals the original. @throws InvalidStep */
export function checkSplit(cursor: Cursor, split: Split): readonly Cursor[] {
  requireObject(split, "split must return an object");
  const cursors = checkCursors("cursors", split.cursors);
  if (listOf("items", split.items).some((item) => typeof item !== "string"))
    throw new InvalidStep("items must be texts");
  return cursors.length < 2 || cursors.some((one) => Bun.deepEquals(one, cursor)) ? [] : cursors;
}

/** Copies of the cursors, made through JSON. @throws InvalidStep */
export function checkCursors(what: string, cursors: readonly Cursor[] | undefined): readonly Cursor[] {
  const all = listOf(what, cursors);
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

/** A copy through JSON, so that later changes by the plugin, and anything that is not JSON, are not part of the cursor. */
function checkCursor(what: string, cursor: Cursor): { readonly copy: Cursor; readonly text: string } {
  requireObject(cursor, `${what}: a cursor must be a JSON object`);
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
  if (copy.once !== undefined && !isObject(copy.once))
    throw new InvalidStep(`${what}: a cursor's member once is not an object`);
  if (copy.restart === "whole" && !isSize(copy.temporaryBytes))
    throw new InvalidStep(`${what}: a cursor's member temporaryBytes is not a number of bytes`);
  return { copy, text };
}

const isSize = (bytes: unknown): boolean =>
  bytes === undefined || (Number.isSafeInteger(bytes) && Number(bytes) >= 0);

/** A cursor that waits longer than this would make an export hang. ns */
const WAIT_MAX = 3_600n * NS_PER_SECOND;

/** @param now by the server's clock, ns @throws InvalidStep for a cursor that waits for more than an hour */
export function checkWaits(what: string, cursors: readonly Cursor[], now: bigint): void {
  const late = cursors.find((cursor) => (cursorNotBefore(cursor) ?? now) > now + WAIT_MAX);
  if (late === undefined) return;
  throw new InvalidStep(`${what}: a cursor waits for more than an hour: ${toJson(what, late).slice(0, 200)}`);
}

function toJson(what: string, cursor: Cursor): string {
  try {
    return JSON.stringify(cursor);
  } catch (cause) {
    if (cause instanceof RangeError) throw new InvalidStep(`${what}: ${TOO_DEEP}`, { cause });
    throw new InvalidStep(`${what}: a cursor is not JSON (a bigint or a cycle)`, { cause });
  }
}
