/** The pieces of export work. Times are decimal strings of ns. */
import {
  type Cursor,
  decodeCursor,
  encodeCursor,
  type HttpClient,
  halves,
  NS_PER_SECOND,
  nanoseconds,
  type Range,
  type Split,
  v,
} from "contextcore";
import type { Finder } from "../server/find.ts";
import type { FetchTrace } from "../server/trace-by-id.ts";

const ns = { from: nanoseconds, to: nanoseconds };
/** The whole export's range, in which spans are counted. */
const whole = { wholeFrom: nanoseconds, wholeTo: nanoseconds };
/** Where the part of the range begins that is searched. A trace that reaches into it belongs to its beginning. */
const part = { partFrom: nanoseconds };
const match = v.optional(v.string());
/**
 * Present where blocks are read. Then only the live stores are searched, and only traces that are in none of these blocks are
 * read; those that reach beyond `recent`, where it is given, belong to the windows after it.
 */
const beyond = v.optional(v.object({ blocks: v.string(), recent: v.optional(nanoseconds) }));

/** Lists the traces of a window; a span of windows is cut into them first. */
const window = v.object({
  kind: v.literal("window"),
  ...ns,
  ...part,
  ...whole,
  match,
  beyond,
  /** How many traces one search is asked for, and how many at most where nothing else helps. */
  limit: v.number(),
  limitMax: v.number(),
  /** How many more searches may end with unfinished jobs before the window counts as incomplete. */
  patience: v.number(),
  /** For a span of windows: how long each of them is. ns */
  every: v.optional(nanoseconds),
});

/**
 * Reads traces. `ids` has for each its id (32 hex digits), the least number of its spans by the search, and whether the search
 * saw it begin in this window.
 */
const traces = v.object({
  kind: v.literal("traces"),
  ...ns,
  ...part,
  ...whole,
  beyond,
  ids: v.array(v.tuple([v.string(), v.number(), v.boolean()])),
});

/** Reads traces from a block's rows. */
const block = v.object({
  kind: v.literal("block"),
  ...whole,
  /** What lies behind this moment may be in no block yet. */
  recent: nanoseconds,
  /**
   * True: the live stores were asked for their spans before the blocks were listed, so every trace of a block belongs to it.
   * Absent: those that reach beyond `recent` are read through the API.
   */
  live: v.optional(v.literal(true)),
  /** The first eight digits of the ids of all blocks that the export reads. */
  blocks: v.string(),
  block: v.string(),
  row: v.number(),
});

const schema = v.variant("kind", [window, traces, block]);

/** A window, or a span of windows, to be searched. */
export type WindowWork = v.InferOutput<typeof window>;
/** Some traces, to be read by their ids. */
export type TracesWork = v.InferOutput<typeof traces>;
/** One of them. */
export type TraceToRead = TracesWork["ids"][number];
/** Some rows of a block, to be read. */
export type BlockWork = v.InferOutput<typeof block>;
type Work = WindowWork | TracesWork | BlockWork;

/** @throws PluginError `invalid` when it is not one of ours */
export const readCursor = (cursor: Cursor): Work => decodeCursor("tempo", schema, cursor);

/** The work as a cursor. */
export const toCursor = (work: Work): Cursor => encodeCursor(work);

/** The whole export's range, ns. */
export const wholeOf = ({ wholeFrom, wholeTo }: Work): Range => ({ from: wholeFrom, to: wholeTo });

/** The part of the range that search is asked for. */
export const searchedOf = ({ partFrom, wholeTo }: WindowWork | TracesWork): Range => ({
  from: partFrom,
  to: wholeTo,
});

/**
 * What a step that Tempo cannot answer is made of: traces one by one, and windows by time. Ends at one trace, at what search
 * lists of one second, and at the block that is being read.
 */
export function splitWork(work: Work): Split {
  if (work.kind === "traces") return splitTraces(work);
  if (work.kind === "window") return splitWindow(work);
  return { items: [`block ${work.block}`] };
}

function splitTraces(work: TracesWork): Split {
  const [first, ...others] = work.ids;
  if (others.length === 0) return { items: [`trace ${first?.[0]}`] };
  const middle = work.ids.length >> 1;
  const halfs = [work.ids.slice(0, middle), work.ids.slice(middle)];
  return { cursors: halfs.map((ids) => toCursor({ ...work, ids })), items: [`${work.ids.length} traces`] };
}

/** Search knows no time that is shorter than a second. */
function splitWindow(work: WindowWork): Split {
  const items = ["what search lists of a window"];
  const parts = work.to - work.from <= NS_PER_SECOND ? undefined : halves(work);
  return parts === undefined
    ? { items }
    : { cursors: parts.map((part) => toCursor({ ...work, ...part })), items };
}

/** What the steps of an export work with. */
export interface Source {
  readonly http: HttpClient;
  readonly finder: Finder;
  readonly fetchTrace: FetchTrace;
  /** About how many bytes of records one step yields. */
  readonly stepBytes: number;
}
