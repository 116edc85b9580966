/**
 * The engine's own cursors for a second reading, which happens when the server counts more than was read:
 * - `{"reread":{…}}` begins it; the first cursors follow from it;
 * - `{"reread":{…},"cursor":{…}}` is a plugin's cursor, run a second time;
 * - `{"reread":{…},"ended":true}` ends it. A resumed export forgets a second reading that did not end and counts again, but
 *   keeps what it added.
 */
import type { Cursor } from "../../contract/contract.ts";
import { cursorRange } from "../../contract/cursor-range.ts";
import type { Reread } from "../../reconcile/part.ts";
import { isOfSecondReading } from "../../snapshot/format/block.ts";
import { given } from "../../units/given.ts";
import type { Range } from "../../units/range.ts";

/** The parts of one of the engine's cursors; members of other kinds are absent. */
interface RereadCursor {
  readonly reread: Reread;
  readonly cursor?: Cursor;
  readonly ended?: true;
}

const told = ({ of, window, ...range }: Reread): Cursor => ({
  ...toldRange(range),
  of,
  ...given({ window: window && toldRange(window) }),
});

const toldRange = ({ from, to }: Range): Cursor => ({ from: `${from}`, to: `${to}` });

/** The cursor that begins a second reading. */
export const beginCursor = (reread: Reread): Cursor => ({ reread: told(reread) });

/** A plugin's cursor within a second reading. Its range and `notBefore` remain visible. */
export const againCursor = (reread: Reread, cursor: Cursor): Cursor => {
  const range = cursorRange(cursor);
  const { notBefore } = cursor;
  const waits = given({ notBefore });
  return { reread: told(reread), ...(range === undefined ? {} : toldRange(range)), ...waits, cursor };
};

/** The cursor that ends a second reading. */
export const endCursor = (reread: Reread): Cursor => ({ reread: told(reread), ended: true });

/** Parses a cursor; `undefined` when it is the plugin's own. */
export function parseReread({ reread, cursor, ended }: Cursor): RereadCursor | undefined {
  if (!isCursor(reread)) return undefined;
  const range = cursorRange(reread);
  const { of, window } = reread;
  if (range === undefined || (of !== "window" && of !== "rest" && of !== "whole")) return undefined;
  const within = isCursor(window) ? cursorRange(window) : undefined;
  return {
    reread: { ...range, of, ...given({ window: within }) },
    ...(isCursor(cursor) ? { cursor } : {}),
    ...(ended === true ? { ended } : {}),
  };
}

/**
 * Whether a cursor belongs to a second reading by version 0.1.0, which kept both readings until it chose one. An unfinished
 * snapshot may therefore hold the records of such a reading twice.
 */
export const isOfOldReading = (cursor: Cursor): boolean =>
  isOfSecondReading(cursor) && parseReread(cursor) === undefined;

const isCursor = (value: unknown): value is Cursor =>
  typeof value === "object" && value !== null && !Array.isArray(value);
