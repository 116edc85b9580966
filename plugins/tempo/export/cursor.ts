/** The pieces of export work. Times are decimal strings of ns. */
import {
  type Cursor,
  decodeCursor,
  encodeCursor,
  type HttpClient,
  halves,
  nanoseconds,
  objectOf,
  type Range,
  type Split,
  v,
} from "contextcore";
import type { Finder } from "../server/find.ts";
import type { Settings } from "../server/settings.ts";
import type { FetchTrace } from "../server/trace-by-id.ts";

const ns = { from: nanoseconds, to: nanoseconds };
/** The whole export's range, in which spans are counted. */
const whole = { wholeFrom: nanoseconds, wholeTo: nanoseconds };
/**
 * Only in what version 0.1.1 began, where each window tells by itself which traces belong to it (see owner.ts): where the part of
 * the range begins that is searched. A trace that reaches into it belongs to its beginning.
 */
const part = { partFrom: v.optional(nanoseconds) };
const match = v.optional(v.string());
/**
 * Present where blocks are read: only traces that are in none of these blocks are read, and only the live stores are searched,
 * unless `everywhere`. Those that reach beyond `recent` belong to the windows after it, where version 0.1.1 gave it.
 */
const beyond = v.optional(
  v.object({
    blocks: v.string(),
    everywhere: v.optional(v.literal(true)),
    recent: v.optional(nanoseconds),
  }),
);

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
  /** Present where a search of it, or of more, has failed for good. */
  apart: v.optional(v.literal(true)),
  /** For a span of windows: how long each of them is. ns */
  every: v.optional(nanoseconds),
});

/**
 * Reads traces, by their ids (32 hex digits): for each the least number of its spans by the search, and whether the search saw it
 * begin in the range. Those that windows list are in `once`, since several may list them.
 */
const traces = v.object({
  kind: v.literal("traces"),
  ...ns,
  ...part,
  ...whole,
  beyond,
  once: v.optional(objectOf(v.tuple([v.number(), v.boolean()]))),
  ids: v.optional(v.array(v.tuple([v.string(), v.number(), v.boolean()])), []),
});

/** Reads traces from a block's rows. */
const block = v.object({
  kind: v.literal("block"),
  ...whole,
  /** What lies behind this moment may be in no block yet. */
  recent: nanoseconds,
  /** True: the live stores were asked for their spans before the blocks were listed. */
  live: v.optional(v.literal(true)),
  /**
   * True, or `live`: every trace of a block belongs to it. Absent in what version 0.1.1 began: those that reach beyond `recent`
   * belong to the windows that are searched.
   */
  all: v.optional(v.literal(true)),
  /** The first eight digits of the ids of all blocks that the export reads. */
  blocks: v.string(),
  block: v.string(),
  row: v.number(),
});

const schema = v.variant("kind", [window, traces, block]);

/** A window, or a span of windows, to be searched. */
export type WindowWork = v.InferOutput<typeof window>;
/** Some traces, to be read by their ids. */
export type TracesWork = Omit<v.InferOutput<typeof traces>, "once">;
/** One of them. */
export type TraceToRead = TracesWork["ids"][number];
/** Some rows of a block, to be read. */
export type BlockWork = v.InferOutput<typeof block>;
type Work = WindowWork | TracesWork | BlockWork;

/** @throws PluginError `invalid` when it is not one of ours */
export function readCursor(cursor: Cursor): Work {
  const work = decodeCursor("tempo", schema, cursor);
  if (work.kind !== "traces") return work;
  const { once = {}, ids, ...rest } = work;
  const listed = Object.entries(once).map(([id, told]): TraceToRead => [id, ...told]);
  return { ...rest, ids: [...ids, ...listed] };
}

/** The work as a cursor. */
export const toCursor = (work: Work): Cursor => encodeCursor(work);

/** Traces that a window lists as a cursor: of each, whichever window lists it first reads it. */
export function listedCursor({ ids, ...work }: TracesWork): Cursor {
  const once = Object.fromEntries(ids.map(([id, ...told]) => [id, told]));
  return encodeCursor({ ...work, once });
}

/** The whole export's range, ns. */
export const wholeOf = ({ wholeFrom, wholeTo }: Work): Range => ({ from: wholeFrom, to: wholeTo });

/** The part of the range that search is asked for. */
export const searchedOf = ({ partFrom, wholeFrom, wholeTo }: WindowWork | TracesWork): Range => ({
  from: partFrom ?? wholeFrom,
  to: wholeTo,
});

/**
 * What a step that Tempo cannot answer is made of: traces one by one, and windows by time and by what their
 * traces contain. Ends at one trace, and at the block that is being read.
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

/** Its halves are listed in another way where a search of them fails, too. */
function splitWindow(work: WindowWork): Split {
  const items = ["what search lists of a window"];
  const parts = work.apart ? undefined : halves(work);
  if (parts === undefined) return { items };
  return { cursors: parts.map((part) => toCursor({ ...work, ...part, apart: true })), items };
}

/** What the steps of an export work with. */
export interface Source {
  readonly http: HttpClient;
  readonly finder: Finder;
  readonly fetchTrace: FetchTrace;
  readonly settings: (signal: AbortSignal) => Promise<Settings>;
  /** About how many bytes of records one step yields. */
  readonly stepBytes: number;
}
