/** The cursors of an export. Times are decimal strings of ns. */
import {
  type Cursor,
  decodeCursor,
  encodeCursor,
  nanoseconds,
  type Range,
  v,
  windowsOrSpans,
} from "contextcore";
import type { Parts } from "../server/border.ts";

const span = { from: nanoseconds, to: nanoseconds };
const entries = v.pipe(v.number(), v.integer(), v.minValue(1));

const schema = v.variant("kind", [
  /** A reconciliation window: finds the selectors that match all its streams. */
  v.object({
    kind: v.literal("window"),
    ...span,
    match: v.optional(v.string()),
    limit: entries,
    /** For a span of windows, which is divided first: the length of each window. ns */
    every: v.optional(nanoseconds),
    /** The window itself, if this is only a part of it. */
    window: v.optional(v.object(span)),
  }),
  /** Reads one page of what a selector gives in a range. */
  v.object({
    kind: v.literal("read"),
    ...span,
    /** A stream selector, with line or metadata filters if labels alone could not separate the entries. */
    selector: v.string(),
    filters: v.optional(v.string(), ""),
    /** Entries requested at once, and the most that may be requested. */
    limit: entries,
    most: entries,
    window: v.object(span),
    /** How often it was reduced because the server could not answer. */
    narrowed: v.optional(v.number(), 0),
  }),
  v.object({ kind: v.literal("rules") }),
  v.object({ kind: v.literal("deletes") }),
]);

/** A cursor of this plugin, checked, with its times as ns. */
export type LokiCursor = v.InferOutput<typeof schema>;
/** The cursor of one window, or of a span of windows. */
export type WindowCursor = Extract<LokiCursor, { kind: "window" }>;
/** The cursor of one page. */
export type ReadCursor = Extract<LokiCursor, { kind: "read" }>;

/** @throws PluginError `invalid` when the cursor is of another version, or was changed */
export const parseCursor = (cursor: Cursor): LokiCursor => decodeCursor("loki", schema, cursor);

/** What all windows of an export share. */
interface WindowSettings {
  /** How long a window is. ns */
  readonly every: bigint;
  /** Entries of a page. */
  readonly limit: number;
  /** The requested selector; absent: all streams. */
  readonly match: string | undefined;
}

/** A range's reconciliation windows as cursors, or spans of windows if there are very many. */
export function windowCursors(range: Range, { every, limit, match }: WindowSettings): Cursor[] {
  const { parts, areWindows } = windowsOrSpans(range, every);
  return parts.map((part) =>
    encodeCursor({ kind: "window", ...part, limit, match, every: areWindows ? undefined : every }),
  );
}

/** A read as a cursor; defaults are omitted, since a checkpoint lists very many cursors. */
export const cursorOfRead = ({
  from,
  to,
  selector,
  filters,
  limit,
  most,
  window,
  narrowed,
}: Omit<ReadCursor, "kind">): Cursor =>
  encodeCursor({
    ...{ kind: "read", from, to, selector, filters: filters === "" ? undefined : filters },
    ...{ limit, most, window, narrowed: narrowed === 0 ? undefined : narrowed },
  });

/** The same work, divided by when each part can be done. */
export function cursorsOf(cursor: WindowCursor | ReadCursor, { now, later }: Parts): Cursor[] {
  const part = (range: Range): Cursor =>
    cursor.kind === "read" ? cursorOfRead({ ...cursor, ...range }) : windowPart(cursor, range);
  return [
    ...now.map(part),
    ...(later === undefined ? [] : [{ ...part(later.range), notBefore: String(later.notBefore) }]),
  ];
}

const windowPart = ({ match, limit, from, to, window = { from, to } }: WindowCursor, part: Range): Cursor =>
  encodeCursor({ kind: "window", ...part, limit, match, window });
