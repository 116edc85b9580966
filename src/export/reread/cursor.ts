/**
 * The engine's own cursors of a second reading. A window that the server counts fuller than it was read is read once more:
 * - `{"reread":{…}}` begins it: the first cursors follow from it;
 * - `{"reread":{…},"cursor":{…}}` is a cursor of the plugin's, run for the second time;
 * - `{"reread":{…},"chosen":true|false}` ends it, and says whether the second reading counts instead of the first.
 */
import type { Cursor } from "../../plugin/contract.ts";
import type { Range } from "../../units/range.ts";
import { cursorRange } from "../cursor-range.ts";

/**
 * What of an export is read a second time.
 * - `window`: the records of one reconciliation window;
 * - `rest`: those that came without a window;
 * - `whole`: all, where nothing came with a window.
 */
export interface Reread extends Range {
  readonly part: "window" | "rest" | "whole";
}

/** A cursor of the engine's, taken apart; `cursor` and `chosen` are absent where it is of another kind. */
export interface RereadCursor {
  readonly reread: Reread;
  readonly cursor?: Cursor;
  readonly chosen?: boolean;
}

const told = ({ from, to, part }: Reread): Cursor => ({ from: `${from}`, to: `${to}`, part });

/** The cursor that begins a second reading. */
export const beginCursor = (reread: Reread): Cursor => ({ reread: told(reread) });

/** A cursor of the plugin's within a second reading. Its range and when it may be run stay to be seen. */
export const againCursor = (reread: Reread, cursor: Cursor): Cursor => {
  const range = cursorRange(cursor);
  const times = range === undefined ? {} : { from: `${range.from}`, to: `${range.to}` };
  const { notBefore } = cursor;
  return { reread: told(reread), ...times, ...(notBefore === undefined ? {} : { notBefore }), cursor };
};

/** The cursor that ends a second reading. */
export const endCursor = (reread: Reread, chosen: boolean): Cursor => ({ reread: told(reread), chosen });

/** Takes a cursor apart; `undefined` when it is the plugin's own. */
export function parseReread({ reread, cursor, chosen }: Cursor): RereadCursor | undefined {
  if (!isCursor(reread)) return undefined;
  const range = cursorRange(reread);
  const { part } = reread;
  if (range === undefined || (part !== "window" && part !== "rest" && part !== "whole")) return undefined;
  return {
    reread: { ...range, part },
    ...(isCursor(cursor) ? { cursor } : {}),
    ...(typeof chosen === "boolean" ? { chosen } : {}),
  };
}

const isCursor = (value: unknown): value is Cursor =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The same text for the same part. */
export const rereadKey = ({ from, to, part }: Reread): string => `${part} ${from} ${to}`;
