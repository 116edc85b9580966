/** The pieces of export work. Times are decimal strings of ns. */
import { type Cursor, PluginError, type Range, v } from "contextcore";

const time = v.pipe(
  v.string(),
  v.regex(/^\d+$/),
  v.transform((digits) => BigInt(digits)),
);
const ns = { from: time, to: time };
/** The whole export's range: a trace that reaches over its border is looked at from there. */
const whole = { wholeFrom: time, wholeTo: time };
const match = v.optional(v.string());

/** List the traces of a window. */
const window = v.object({
  kind: v.literal("window"),
  ...ns,
  ...whole,
  match,
  /** Traces that one search is asked for, and the most that the server allows. */
  limit: v.number(),
  limitMax: v.number(),
  /** How many more searches may end with jobs undone before the window counts as incomplete. */
  patience: v.number(),
});

/** Read traces: pairs of an id (32 hex digits) and the spans that search counted, at least. */
const traces = v.object({
  kind: v.literal("traces"),
  ...ns,
  ...whole,
  ids: v.array(v.tuple([v.string(), v.number()])),
});

const schema = v.variant("kind", [window, traces]);

export type WindowWork = v.InferOutput<typeof window>;
export type TracesWork = v.InferOutput<typeof traces>;
export type Work = WindowWork | TracesWork;

/** @throws PluginError `invalid` when it is not one of ours */
export function readCursor(cursor: Cursor): Work {
  const checked = v.safeParse(schema, cursor);
  if (checked.success) return checked.output;
  throw new PluginError(
    "invalid",
    `tempo: not a cursor of an export: ${JSON.stringify(cursor).slice(0, 200)}`,
  );
}

export function toCursor({ from, to, wholeFrom, wholeTo, ...rest }: Work): Cursor {
  const times = { from: `${from}`, to: `${to}`, wholeFrom: `${wholeFrom}`, wholeTo: `${wholeTo}` };
  return JSON.parse(JSON.stringify({ ...rest, ...times }));
}

export const wholeOf = ({ wholeFrom, wholeTo }: Work): Range => ({ from: wholeFrom, to: wholeTo });
