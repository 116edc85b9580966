import { type Context, type Exporter, NS_PER_SECOND, type Range, type Start, windows } from "contextcore";
import { readCursor, toCursor } from "./cursor.ts";
import { searchTraces } from "./search.ts";
import type { Settings } from "./settings.ts";
import type { Source } from "./source.ts";
import { tracesStep } from "./traces.ts";
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

export interface ExporterOptions {
  readonly source: Source;
  readonly clock: Context<unknown>["clock"];
  readonly settings: (signal: AbortSignal) => Promise<Settings>;
}

/** Search lists the traces of a window, each is read by its id. */
export function createExporter({ source, clock, settings }: ExporterOptions): Exporter {
  return {
    async start({ range, match }, signal): Promise<Start> {
      const { maxResultLimit, queryEndCutoff } = await settings(signal);
      const settled = settledAt(clock(), queryEndCutoff);
      const whole: Range = { from: range.from, to: range.to < settled ? range.to : settled };
      if (match !== undefined) await checkMatch(source, match, clock(), signal);
      const most = (limit: number): number =>
        maxResultLimit === 0 ? limit : Math.min(limit, maxResultLimit);
      const common = {
        kind: "window" as const,
        wholeFrom: whole.from,
        wholeTo: whole.to,
        patience: PATIENCE,
      };
      const limits = { limit: most(SEARCH_LIMIT), limitMax: most(SEARCH_LIMIT_MOST), match };
      return {
        cursors: windows(whole, HOUR).map((part) => toCursor({ ...common, ...limits, ...part })),
        notes: {
          read: "search by window, each trace by id",
          "shared span ids":
            "Tempo gives a server span that shares its client's id a new one when it is read.",
        },
        ...(whole.to < range.to ? { exportedUntil: whole.to < range.from ? range.from : whole.to } : {}),
      };
    },
    async step(cursor, signal) {
      const work = readCursor(cursor);
      return work.kind === "window" ? windowStep(source, work, signal) : tracesStep(source, work, signal);
    },
  };
}

/** The newest moment of which everything can be found; in steps of ten seconds, so that a second start says the same. */
function settledAt(now: bigint, queryEndCutoff: bigint): bigint {
  const step = 10n * NS_PER_SECOND;
  return ((now - queryEndCutoff - SETTLE) / step) * step;
}

/** A query that does not parse fails here, once, with the server's own words. */
async function checkMatch(source: Source, query: string, now: bigint, signal: AbortSignal): Promise<void> {
  await searchTraces(
    source.http,
    { range: { from: now - HOUR, to: now - HOUR + NS_PER_SECOND }, query, limit: 1 },
    signal,
  );
}
