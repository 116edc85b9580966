/**
 * The engine's own cursors of a second reading. What the server counts fuller than it was read is read once more:
 * - `{"reread":{…}}` begins it: the first cursors follow from it;
 * - `{"reread":{…},"cursor":{…}}` is a cursor of the plugin's, run for the second time;
 * - `{"reread":{…},"ended":true}` says that it came to its end. One that did not is forgotten by a resume, which counts anew:
 *   what it has added stays.
 */
import type { Cursor } from "../../contract/contract.ts";
import { cursorRange } from "../../contract/cursor-range.ts";
import type { Reread } from "../../reconcile/part.ts";
import { isOfSecondReading } from "../../snapshot/format/block.ts";
import { given } from "../../units/given.ts";
import type { Range } from "../../units/range.ts";

/** A cursor of the engine's, taken apart; a member is absent where it is of another kind. */
export interface RereadCursor {
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

/** A cursor of the plugin's within a second reading. Its range and when it may be run stay to be seen. */
export const againCursor = (reread: Reread, cursor: Cursor): Cursor => {
  const range = cursorRange(cursor);
  const { notBefore } = cursor;
  const waits = given({ notBefore });
  return { reread: told(reread), ...(range === undefined ? {} : toldRange(range)), ...waits, cursor };
};

/** The cursor that ends a second reading. */
export const endCursor = (reread: Reread): Cursor => ({ reread: told(reread), ended: true });

/** Takes a cursor apart; `undefined` when it is the plugin's own. */
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
 * Whether a cursor belongs to a second reading as version 0.1.0 made them: both readings were held until one was chosen, so
 * what such a reading has left in an unfinished snapshot is there twice.
 */
export const isOfOldReading = (cursor: Cursor): boolean =>
  isOfSecondReading(cursor) && parseReread(cursor) === undefined;

const isCursor = (value: unknown): value is Cursor =>
  typeof value === "object" && value !== null && !Array.isArray(value);
