/** What an export's cursors say. Times are decimal texts of ns. */
import { type Cursor, PluginError, type Range, v, windowsOrSpans } from "contextcore";
import type { Parts } from "./border.ts";

const ns = v.pipe(
  v.string(),
  v.regex(/^\d+$/, "not a time in ns"),
  v.transform((text) => BigInt(text)),
);
const span = { from: ns, to: ns };
const entries = v.pipe(v.number(), v.integer(), v.minValue(1));

const schema = v.variant("kind", [
  /** A reconciliation window: finds the selectors that match all its streams. */
  v.object({
    kind: v.literal("window"),
    ...span,
    match: v.optional(v.string()),
    limit: entries,
    /** Of a span of windows, which is cut into them first: how long each of them is. ns */
    every: v.optional(ns),
    /** The window itself, where this is only a part of it. */
    window: v.optional(v.object(span)),
  }),
  /** Reads one page of what a selector gives in a range. */
  v.object({
    kind: v.literal("read"),
    ...span,
    /** A stream selector, and line or metadata filters where it could not be told apart otherwise. */
    selector: v.string(),
    filters: v.optional(v.string(), ""),
    /** Entries asked for at once, and the most that may be asked for. */
    limit: entries,
    most: entries,
    window: v.object(span),
    /** How often it was made smaller since the server could not answer. */
    narrowed: v.optional(v.number(), 0),
  }),
  v.object({ kind: v.literal("rules") }),
  v.object({ kind: v.literal("deletes") }),
]);

export type LokiCursor = v.InferOutput<typeof schema>;
export type WindowCursor = Extract<LokiCursor, { kind: "window" }>;
export type ReadCursor = Extract<LokiCursor, { kind: "read" }>;

/** @throws PluginError `invalid`: the cursor is of another version, or was changed */
export function parseCursor(cursor: Cursor): LokiCursor {
  const { success, output, issues } = v.safeParse(schema, cursor);
  if (success) return output;
  throw new PluginError("invalid", `loki: not a cursor of this version: ${issues[0].message}`);
}

/** What all windows of an export have in common. */
export interface WindowSettings {
  /** How long a window is. ns */
  readonly every: bigint;
  /** Entries of a page. */
  readonly limit: number;
  /** The selector that was asked for; all streams without one. */
  readonly match: string | undefined;
}

/** A range's reconciliation windows as cursors, or spans of windows where they are very many. */
export function windowCursors(range: Range, { every, limit, match }: WindowSettings): Cursor[] {
  const { parts, areWindows } = windowsOrSpans(range, every);
  return parts.map((part) => ({
    kind: "window",
    ...texts(part),
    limit,
    ...(match === undefined ? {} : { match }),
    ...(areWindows ? {} : { every: String(every) }),
  }));
}

/** A read as a cursor; what has its default is left out, since a checkpoint lists very many of them. */
export const readCursor = ({
  selector,
  filters,
  limit,
  most,
  window,
  narrowed,
  ...range
}: Omit<ReadCursor, "kind">): Cursor => ({
  kind: "read",
  ...texts(range),
  selector,
  ...(filters === "" ? {} : { filters }),
  limit,
  most,
  window: texts(window),
  ...(narrowed === 0 ? {} : { narrowed }),
});

/** The same work, by when each part of it can be done. */
export function cursorsOf(cursor: WindowCursor | ReadCursor, { now, later }: Parts): Cursor[] {
  const part = (range: Range): Cursor =>
    cursor.kind === "read" ? readCursor({ ...cursor, ...range }) : windowPart(cursor, range);
  return [
    ...now.map(part),
    ...(later === undefined ? [] : [{ ...part(later.range), notBefore: String(later.notBefore) }]),
  ];
}

const windowPart = ({ match, limit, window, ...whole }: WindowCursor, range: Range): Cursor => ({
  kind: "window",
  ...texts(range),
  limit,
  ...(match === undefined ? {} : { match }),
  window: texts(window ?? whole),
});

const texts = ({ from, to }: Range): { from: string; to: string } => ({ from: String(from), to: String(to) });
