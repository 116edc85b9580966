import {
  type Context,
  type Exporter,
  formatDuration,
  isKind,
  NS_PER_SECOND,
  PluginError,
  type Problem,
  type Range,
  type Start,
} from "contextcore";
import { type Finder, hasQuerier } from "../server/find.ts";
import type { Settings } from "../server/settings.ts";
import { type Listing, untilListed, untilWritten, type WaitOptions } from "../server/waits.ts";
import type { Storage } from "../storage/storage.ts";
import { type BlockSource, blockStep } from "./block-step.ts";
import { beyondStep, createIdLists } from "./blocks.ts";
import { readCursor, type Source, splitWork } from "./cursor.ts";
import { createLiveMemory, cut, planOf } from "./plan.ts";
import { tracesStep } from "./traces.ts";
import { windowStep } from "./window.ts";

const HOUR = 3_600n * NS_PER_SECOND;

/** How long spans take from their arrival until search finds them: measured 30 to 45 s. */
const SETTLE = 60n * NS_PER_SECOND;
interface ExporterOptions {
  readonly source: Source;
  /** Present when the blocks themselves can be read. */
  readonly storage: Storage | undefined;
  readonly clock: Context<unknown>["clock"];
  readonly log: Context<unknown>["log"];
  readonly settings: (signal: AbortSignal) => Promise<Settings>;
  readonly tenant: string | undefined;
  /** Hears of everything that is read. */
  readonly listing: Pick<Listing, "noteRead">;
}

/**
 * A search lists the traces of a window, and each is read by its id. Where blocks can be read, only the rest is read this way.
 */
export function createExporter(options: ExporterOptions): Exporter {
  const { source, storage, clock, log, settings, tenant, listing } = options;
  const live = createLiveMemory();
  const blocks = storage && { storage, api: source, live, ...createIdLists(source) };
  let written = false;
  return {
    heeds: ["match"],
    checkMatch: (match, signal) => checkQuery(source, match, clock(), signal),
    async start({ range, match }, signal): Promise<Start> {
      const limits = await settings(signal);
      // Once: what arrives while the export runs is not part of it.
      await checkQuery(source, match ?? "{}", clock(), signal);
      const waiting = { http: source.http, settings: limits, tenant, log };
      written ||= await untilWritten(waiting, signal);
      const settled = settledAt(clock(), limits.queryEndCutoff);
      const whole: Range = { from: range.from, to: range.to < settled ? range.to : settled };
      const { maxSearchDuration } = limits;
      const request = { whole, match, settled, maxSearchDuration };
      const plan = await planOf({ source, storage, live, log }, request, signal);
      return {
        cursors: plan.cursors,
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

const NO_END =
  "Tempo's searches do not list a trace whose last span ends before its first one begins, such as one whose spans all end at 0. Only the option `storage` saves such traces, from their blocks.";
const SHARED_IDS =
  "When Tempo's API reads a server span that has the id of its client's span, it gives it a new id.";

function needed(blocks: BlockSource | undefined): BlockSource {
  if (blocks !== undefined) return blocks;
  throw new PluginError(
    "invalid",
    "this export reads Tempo's blocks, but the option `storage` is no longer set",
  );
}

/** The newest moment up to which everything can be found; in steps of ten seconds, so that a second start gives the same. */
function settledAt(now: bigint, queryEndCutoff: bigint): bigint {
  const step = 10n * NS_PER_SECOND;
  return ((now - queryEndCutoff - SETTLE) / step) * step;
}

/** A query that does not parse fails here, once, with the server's own words, and so does a server that does not answer. */
async function checkQuery(source: Source, query: string, now: bigint, signal: AbortSignal): Promise<void> {
  const range = { from: now - HOUR, to: now - HOUR + NS_PER_SECOND };
  await source.finder.findByFrontend({ range, query, limit: 1 }, signal);
}

interface UnseenOptions {
  readonly range: Range;
  readonly settings: Settings;
  readonly now: bigint;
}

/** A problem where old spans that have just arrived cannot be found because no querier answers. */
async function unseen(
  finder: Finder,
  { range, settings, now }: UnseenOptions,
  signal: AbortSignal,
): Promise<Problem[]> {
  const border = now - settings.queryBackendAfter;
  const old = { from: range.from, to: range.to < border ? range.to : border };
  if (old.from >= old.to) return [];
  if (await hasQuerier(finder, old.to, signal)) return [];
  return [{ kind: "clamped", reason: sentence(finder.querierUrl, settings), range: old }];
}

const sentence = (url: string, { queryBackendAfter, blocklistPoll }: Settings): string =>
  `Old spans that reached Tempo only lately may be missing: it searches times older than ${formatDuration(queryBackendAfter)} only in the backend's blocks (query_frontend.search.query_backend_after), and no querier answers at ${url}/api/search, which also asks the live stores. Set the option querierUrl to a querier, or export again ${formatDuration(blocklistPoll + FLUSHED)} after the last of them came.`;

/** A block is flushed within this time after its spans arrived. */
const FLUSHED = 120n * NS_PER_SECOND;

/** Waits for the list of blocks, for an export with a selector: nothing is counted at its end. A problem if it is not read. */
async function unlistedStill(options: WaitOptions, range: Range, signal: AbortSignal): Promise<Problem[]> {
  try {
    await untilListed(options, signal);
    return [];
  } catch (error) {
    if (!isKind(error, "invalid")) throw error;
    return [{ kind: "incomplete", reason: error.message, range }];
  }
}

/** The problem of a server that does not show when it has written out what it took. */
const unwritten = (range: Range): Problem => ({
  kind: "clamped",
  reason:
    "Spans that reached Tempo in the last minute may be missing: it shows neither its configuration (/status/config) nor its metrics (/metrics), by which to wait until searches see them. Let them through, or export again a minute after the last of them came.",
  range,
});
