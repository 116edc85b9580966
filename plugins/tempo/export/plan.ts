/** Where an export begins: at the first block and at what the live stores hold, or at windows that are searched. */
import {
  type Cursor,
  isKind,
  isOfThisCall,
  type Logger,
  NS_PER_SECOND,
  PluginError,
  type Range,
  toRfc3339,
  windowsOrSpans,
} from "contextcore";
import type { LiveSpans } from "../server/live-spans.ts";
import { prefixOf, type Storage } from "../storage/storage.ts";
import { type Source, type TraceToRead, toCursor, type WindowWork } from "./cursor.ts";
import { LISTED_MAX, tracesCursors } from "./traces.ts";

const HOUR = 3_600n * NS_PER_SECOND;
/** What came late is little, so it is searched for in long windows. */
const LATE_WINDOW = 400n * 24n * HOUR;
/**
 * After this time everything is in a block: Tempo itself expects it within a quarter of an hour, version 2 within half an hour.
 */
const IN_BLOCKS = HOUR;

/** How many traces one search is asked for: an answer of a few MB. */
const SEARCH_LIMIT = 10_000;
/** The most that one is ever asked for, where nothing else helps. */
const SEARCH_LIMIT_MOST = 100_000;
/** How many searches of a window, halved each time, may end with unfinished jobs. */
const PATIENCE = 3;

/** How an export begins. */
interface Plan {
  readonly cursors: readonly Cursor[];
  readonly notes: Readonly<Record<string, string>>;
}

/** What the beginning of an export is found with. */
interface PlanOptions {
  readonly source: Source;
  /** Present when the blocks themselves can be read. */
  readonly storage: Storage | undefined;
  readonly live: LiveMemory;
  readonly log: Logger;
}

/** What is exported. */
interface PlanRequest {
  readonly whole: Range;
  readonly match: string | undefined;
  /** Until this moment everything can be found. ns */
  readonly settled: bigint;
  /** Longest range of one search, ns; 0: no limit. */
  readonly maxSearchDuration: bigint;
}

/** The first cursors, and how the export reads. */
export async function planOf(options: PlanOptions, request: PlanRequest, signal: AbortSignal): Promise<Plan> {
  const { storage, log } = options;
  const { whole, match } = request;
  const searched = (read: string): Plan => ({
    cursors: windowCursors(whole, request, { whole, match }),
    notes: { read },
  });
  if (storage === undefined) return searched("search by window, each trace by id");
  if (match !== undefined) return searched("search with a selector, each trace by id");
  try {
    return await planOfBlocks({ ...options, storage }, request, signal);
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    const read = `search by window, each trace by id: the storage was not read, since ${error.message}`;
    log.warn(read);
    return searched(read);
  }
}

/** The cursor of the first block leads to the others. */
async function planOfBlocks(
  options: PlanOptions & { readonly storage: Storage },
  request: PlanRequest,
  signal: AbortSignal,
): Promise<Plan> {
  const { storage, source } = options;
  const { whole } = request;
  const recent = request.settled - IN_BLOCKS;
  // In this order: what leaves the live stores in between is in a block by then.
  const live = await liveSpans(options, signal);
  const metas = await storage.list(signal);
  const blocks = metas.map(({ blockID }) => prefixOf(blockID)).join("");
  const common = { kind: "block" as const, wholeFrom: whole.from, wholeTo: whole.to, recent, blocks, row: 0 };
  const first = (own: { readonly live: true } | { readonly all: true }): Cursor[] =>
    metas.slice(0, 1).map(({ blockID }) => toCursor({ ...common, ...own, block: blockID }));
  const place = `${metas.length} blocks in ${storage.place}`;
  if (live === undefined) {
    const read = `${place}; search and reading by id for what reaches beyond ${toRfc3339(recent)}`;
    return {
      cursors: [...first({ all: true }), ...unlistedCursors(blocks, recent, request)],
      notes: { read },
    };
  }
  options.live.keep(blocks, live);
  const read = `${place}; reading by id for what the live stores hold and these blocks do not`;
  return {
    cursors: [...first({ live: true }), ...liveCursors(live, blocks, request, source)],
    notes: { read },
  };
}

/** Every span that the live stores hold; `undefined` where no querier tells. */
async function liveSpans({ source, log }: PlanOptions, signal: AbortSignal): Promise<LiveSpans | undefined> {
  try {
    return await source.finder.liveSpans(signal);
  } catch (error) {
    if (!isOfThisCall(error) && !isKind(error, "not-found", "refused")) throw error;
    log.info(`reads each trace of the newest hour by id: ${error.message}`);
    return undefined;
  }
}

/** Cursors for the traces of the live stores: those that are in a block are left out once the blocks are opened. */
function liveCursors(
  { traces }: LiveSpans,
  blocks: string,
  { whole }: PlanRequest,
  source: Source,
): Cursor[] {
  const near = traces.filter(({ from, to = whole.to }) => from < whole.to && to >= whole.from);
  const ids = near.map(({ id, spans }): TraceToRead => [id, spans, false]);
  const range = { ...whole, wholeFrom: whole.from, wholeTo: whole.to };
  return tracesCursors(source, { ...range, beyond: { blocks } }, ids, LISTED_MAX);
}

/** Cursors for what is in no block yet: everything of the newest time, and what arrived lately with old times. */
function unlistedCursors(blocks: string, recent: bigint, request: PlanRequest): Cursor[] {
  const { whole } = request;
  const newest = { from: recent > whole.from ? recent : whole.from, to: whole.to };
  const late = { from: whole.from, to: recent < whole.to ? recent : whole.to };
  const everywhere = { blocks, everywhere: true } as const;
  return [
    ...(newest.from < newest.to ? windowCursors(newest, request, { whole, beyond: everywhere }) : []),
    ...(late.from < late.to ? windowCursors(late, request, { whole, beyond: { blocks } }) : []),
  ];
}

function windowCursors(
  part: Range,
  { maxSearchDuration }: PlanRequest,
  { whole, ...more }: { readonly whole: Range } & Partial<Pick<WindowWork, "match" | "beyond">>,
): Cursor[] {
  const most = more.beyond === undefined || more.beyond.everywhere ? HOUR : LATE_WINDOW;
  const length = maxSearchDuration > 0n && maxSearchDuration < most ? maxSearchDuration : most;
  return cut(
    {
      kind: "window",
      ...part,
      wholeFrom: whole.from,
      wholeTo: whole.to,
      ...more,
      limit: SEARCH_LIMIT,
      limitMax: SEARCH_LIMIT_MOST,
      patience: PATIENCE,
    },
    length,
  );
}

/** The windows of a span, or shorter spans if there would be very many. */
export function cut(span: WindowWork, every: bigint): Cursor[] {
  const { parts, areWindows } = windowsOrSpans(span, every);
  return parts.map((part) => toCursor({ ...span, ...part, every: areWindows ? undefined : every }));
}

/** What the live stores held before some blocks were listed; in memory, so a later process does not know it. */
export interface LiveMemory {
  keep(blocks: string, live: LiveSpans): void;
  /** @param blocks the prefixes of those that were listed */
  of(blocks: string): LiveSpans | undefined;
}

/** How many are kept: an export that reads a part again begins anew with it. */
const KEPT = 2;

/** Knows nothing yet. */
export function createLiveMemory(): LiveMemory {
  const kept = new Map<string, LiveSpans>();
  return {
    keep(blocks, live) {
      kept.delete(blocks);
      kept.set(blocks, live);
      for (const oldest of kept.keys()) {
        if (kept.size <= KEPT) break;
        kept.delete(oldest);
      }
    },
    of: (blocks) => kept.get(blocks),
  };
}
