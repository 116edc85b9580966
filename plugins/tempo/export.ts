import {
  type Context,
  type Cursor,
  type Exporter,
  NS_PER_SECOND,
  PluginError,
  type Range,
  type Start,
  toRfc3339,
  windowsOrSpans,
} from "contextcore";
import { readCursor, toCursor, type WindowWork } from "./cursor.ts";
import { NOTHING } from "./search.ts";
import type { Settings } from "./settings.ts";
import type { Source } from "./source.ts";
import { splitWork } from "./split.ts";
import { beyondStep } from "./storage/beyond.ts";
import { type BlockSource, blockStep } from "./storage/block-step.ts";
import { createRecentIds } from "./storage/recent.ts";
import { prefixOf, type Storage } from "./storage/storage.ts";
import { tracesStep } from "./traces.ts";
import { unlistedStill, unseen, unwritten } from "./unseen.ts";
import { type Listing, untilWritten } from "./waits.ts";
import { windowStep } from "./window.ts";

const HOUR = 3_600n * NS_PER_SECOND;

/** Traces that one search is asked for: an answer of a few MB. */
const SEARCH_LIMIT = 10_000;
/** The most that is ever asked for, where nothing else helps. */
const SEARCH_LIMIT_MOST = 100_000;
/** Searches of one window, halved each time, that may end with jobs undone. */
const PATIENCE = 3;
/** Spans take so long from their arrival to where search finds them: measured 30 to 45 s. */
const SETTLE = 60n * NS_PER_SECOND;
/** After so long everything is in a block: Tempo itself counts on a quarter of an hour, version 2 on half of one. */
const IN_BLOCKS = HOUR;

export interface ExporterOptions {
  readonly source: Source;
  /** Present when the blocks themselves can be read. */
  readonly storage: Storage | undefined;
  readonly clock: Context<unknown>["clock"];
  readonly log: Context<unknown>["log"];
  readonly settings: (signal: AbortSignal) => Promise<Settings>;
  readonly tenant: string | undefined;
  /** Told when something is read. */
  readonly listing: Pick<Listing, "noteRead">;
}

/** Search lists the traces of a window and each is read by its id; or its blocks are read, and only the rest this way. */
export function createExporter(options: ExporterOptions): Exporter {
  const { source, storage, clock, log, settings, tenant, listing } = options;
  const blocks = storage && { storage, api: source, ...idLists(source) };
  let written = false;
  return {
    heeds: ["match"],
    async start({ range, match }, signal): Promise<Start> {
      const limits = await settings(signal);
      // Once: what comes while the export runs came after it.
      await checkQuery(source, match ?? "{}", clock(), signal);
      const waiting = { http: source.http, settings: limits, tenant, log };
      written ||= await untilWritten(waiting, signal);
      const settled = settledAt(clock(), limits.queryEndCutoff);
      const whole: Range = { from: range.from, to: range.to < settled ? range.to : settled };
      const plan = await blockPlan(options, { whole, recent: settled - IN_BLOCKS, match }, signal);
      const part = { from: plan.apiFrom > whole.from ? plan.apiFrom : whole.from, to: whole.to };
      return {
        cursors: [
          ...plan.cursors,
          ...windowCursors(part, { whole, match }, limits),
          ...lateCursors(plan, whole, limits),
        ],
        problems: [
          ...(written ? [] : [unwritten(whole)]),
          ...(await unseen(source.finder, { range: whole, settings: limits, now: clock() }, signal)),
          ...(match === undefined ? [] : await unlistedStill(waiting, whole, signal)),
        ],
        notes: { ...plan.notes, "shared span ids": SHARED_IDS, "no end": NO_END },
        ...(whole.to < range.to ? { exportedUntil: whole.to < range.from ? range.from : whole.to } : {}),
      };
    },
    async step(cursor, signal) {
      listing.noteRead();
      const work = readCursor(cursor);
      if (work.kind === "window")
        return work.every === undefined ? windowStep(source, work, signal) : { next: cut(work, work.every) };
      if (work.kind === "block") return blockStep(needed(blocks), work, signal);
      return work.beyond === undefined
        ? tracesStep(source, work, signal)
        : beyondStep(needed(blocks), work, signal);
    },
    split: async (cursor) => splitWork(readCursor(cursor)),
  };
}

/** Of the newest part everything is listed; of the rest what has just come, and that is little. */
const idLists = ({ http, finder }: Source): Pick<BlockSource, "recentIds" | "lateIds"> => ({
  recentIds: createRecentIds({ http, search: finder.find, length: 600n * NS_PER_SECOND }),
  lateIds: createRecentIds({
    http,
    search: async (request, signal) => (await finder.findByQuerier(request, signal)) ?? NOTHING,
    length: HOUR * 24n * 400n,
  }),
});

const NO_END =
  "Tempo's searches list no trace whose last span ends before its first one begins, such as one whose spans all end at 0: only what blocks hold of them is saved, with the option `storage`.";
const SHARED_IDS = "Tempo's API gives a server span that shares its client's id a new one when it is read.";

function windowCursors(
  part: Range,
  { whole, ...more }: { readonly whole: Range } & Pick<WindowWork, "match" | "beyond">,
  { maxSearchDuration }: Settings,
): Cursor[] {
  const length = maxSearchDuration > 0n && maxSearchDuration < HOUR ? maxSearchDuration : HOUR;
  return cut(
    {
      kind: "window",
      ...part,
      partFrom: part.from,
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

/** What came lately with times older than what is read through the API: it may be in no block yet. */
function lateCursors({ blocks, apiFrom }: BlockPlan, whole: Range, settings: Settings): Cursor[] {
  const part = { from: whole.from, to: apiFrom < whole.to ? apiFrom : whole.to };
  if (blocks === undefined || part.from >= part.to) return [];
  return windowCursors(part, { whole, match: undefined, beyond: { blocks, recent: apiFrom } }, settings);
}

/** The windows of a span, or shorter spans where they are very many. */
function cut(span: WindowWork, every: bigint): Cursor[] {
  const { parts, areWindows } = windowsOrSpans(span, every);
  return parts.map((part) => toCursor({ ...span, ...part, every: areWindows ? undefined : every }));
}

interface BlockPlan {
  readonly cursors: readonly Cursor[];
  /** What is newer is read through the API. ns */
  readonly apiFrom: bigint;
  /** The prefixes of the blocks that are read; absent where none can be. */
  readonly blocks?: string;
  readonly notes: Readonly<Record<string, string>>;
}

interface PlanRequest {
  readonly whole: Range;
  readonly recent: bigint;
  readonly match: string | undefined;
}

/** The cursor of the first block, which leads to the others; none, and the reason, where they cannot be read. */
async function blockPlan(
  { storage, log }: ExporterOptions,
  { whole, recent, match }: PlanRequest,
  signal: AbortSignal,
): Promise<BlockPlan> {
  const api = { cursors: [], apiFrom: whole.from };
  if (storage === undefined) return { ...api, notes: { read: "search by window, each trace by id" } };
  if (match !== undefined) return { ...api, notes: { read: "search with a selector, each trace by id" } };
  try {
    const metas = await storage.list(signal);
    const blocks = metas.map(({ blockID }) => prefixOf(blockID)).join("");
    const common = {
      kind: "block" as const,
      wholeFrom: whole.from,
      wholeTo: whole.to,
      recent,
      blocks,
      row: 0,
    };
    const read = `${metas.length} blocks in ${storage.place}; search and reading by id for what reaches beyond ${toRfc3339(recent)}`;
    return {
      cursors: metas.slice(0, 1).map(({ blockID }) => toCursor({ ...common, block: blockID })),
      apiFrom: recent,
      blocks,
      notes: { read },
    };
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    const read = `search by window, each trace by id: the storage was not read, since ${error.message}`;
    log.warn(read);
    return { ...api, notes: { read } };
  }
}

function needed(blocks: BlockSource | undefined): BlockSource {
  if (blocks !== undefined) return blocks;
  throw new PluginError(
    "invalid",
    "this export reads Tempo's blocks, but the option `storage` is not set any more",
  );
}

/** The newest moment of which everything can be found; in steps of ten seconds, so that a second start says the same. */
function settledAt(now: bigint, queryEndCutoff: bigint): bigint {
  const step = 10n * NS_PER_SECOND;
  return ((now - queryEndCutoff - SETTLE) / step) * step;
}

/** A query that does not parse fails here, once, with the server's own words; and so does a server that cannot be asked. */
async function checkQuery(source: Source, query: string, now: bigint, signal: AbortSignal): Promise<void> {
  const range = { from: now - HOUR, to: now - HOUR + NS_PER_SECOND };
  await source.finder.findByFrontend({ range, query, limit: 1 }, signal);
}
