/** The export: reconciliation windows, the selectors that match all their streams, and pages of those. */
import {
  type Context,
  type Cursor,
  type Exporter,
  type ExportRequest,
  type Problem,
  parseDuration,
  type Range,
  type Start,
  type Step,
  toRfc3339,
} from "contextcore";
import type { Api } from "./api.ts";
import type { Ask } from "./at-once.ts";
import { AtBorder, type Border } from "./border.ts";
import {
  cursorsOf,
  parseCursor,
  type ReadCursor,
  readCursor,
  type WindowCursor,
  windowCursors,
} from "./cursor.ts";
import { exportDeletes } from "./deletes.ts";
import type { LokiOptions } from "./options.ts";
import { type Reader, readStep } from "./read.ts";
import { rootSelectors } from "./roots.ts";
import { exportRules } from "./rules.ts";
import { parseSelector, printSelector } from "./selector.ts";
import { ingesterReach, type Settings } from "./settings.ts";
import { splitCursor } from "./split.ts";

export type LokiContext = Context<LokiOptions>;

/** The contract's exporter: windows in time order, then rules and delete requests, which no selector covers. */
export function createExporter(
  api: Api,
  { border, settings: ask }: { readonly border: Border; readonly settings: Ask<Settings> },
  { options, limits, clock }: LokiContext,
  isFlushed: () => boolean,
): Exporter {
  const guarded = border.guard(api);
  const reader: Reader = { api: guarded, stepBytes: limits.stepBytes };
  const stepOf = async (cursor: WindowCursor | ReadCursor, signal: AbortSignal): Promise<Step> => {
    try {
      if (cursor.kind === "read") return await readStep(reader, cursor, signal);
      return await windowStep(guarded, cursor, signal);
    } catch (error) {
      if (!(error instanceof AtBorder)) throw error;
      const parts = await border.parts(cursor, signal);
      // The border has passed meanwhile: this is the same cursor, so it runs again.
      return parts.later === undefined ? stepOf(cursor, signal) : { next: cursorsOf(cursor, parts) };
    }
  };
  return {
    heeds: ["match"],
    async start(request, signal) {
      const settings = await ask(signal);
      return start(request, { settings, options, now: clock(), isFlushed: isFlushed() });
    },
    async step(cursor, signal) {
      const parsed = parseCursor(cursor);
      if (parsed.kind === "rules") return exportRules(api, signal);
      if (parsed.kind === "deletes") return exportDeletes(api, signal);
      if (parsed.kind === "read" || parsed.every === undefined) return stepOf(parsed, signal);
      const { every, limit, match } = parsed;
      return { next: windowCursors(parsed, { every, limit, match }) };
    },
    split: (cursor, signal) => splitCursor(api, parseCursor(cursor), signal),
  };
}

interface Situation {
  readonly settings: Settings;
  readonly options: LokiOptions;
  readonly now: bigint;
  /** Whether Loki was asked to flush, and accepted. */
  readonly isFlushed: boolean;
}

function start(request: ExportRequest, { settings, options, now, isFlushed }: Situation): Start {
  const match = request.match === undefined ? undefined : printSelector(parseSelector(request.match));
  const asked = settledPart(request.range, now - parseDuration(options.settle));
  const { range, problems } = withinLookback(asked, settings, now);
  const limit = pageSize(settings, options);
  const cursors = windowCursors(range, { every: parseDuration(options.window), limit, match });
  const others: Cursor[] = match === undefined ? [{ kind: "rules" }, { kind: "deletes" }] : [];
  return {
    cursors: [...cursors, ...others],
    problems: isFlushed ? problems : [...problems, ...unflushed(range, settings, now)],
    notes: { read: `pages of up to ${limit} entries of each stream` },
    ...(asked.to < request.range.to ? { exportedUntil: asked.to } : {}),
  };
}

/** Lines take a while to arrive: agents send them in batches, and retry what a server refused. */
const settledPart = ({ from, to }: Range, settled: bigint): Range => ({
  from,
  to: to <= settled ? to : settled > from ? settled : from,
});

/** A clamped range is known in advance: the server would silently return only the rest. */
function withinLookback(
  range: Range,
  settings: Settings,
  now: bigint,
): { range: Range; problems: readonly Problem[] } {
  const lookback = settings.duration("limits_config.max_query_lookback") ?? 0n;
  const oldest = now - lookback;
  if (lookback === 0n || range.from >= oldest) return { range, problems: [] };
  const hidden = { from: range.from, to: oldest < range.to ? oldest : range.to };
  const reason = `limits_config.max_query_lookback = ${settings.text("limits_config.max_query_lookback")}: Loki shows nothing older than ${toRfc3339(oldest)}`;
  return { range: { from: hidden.to, to: range.to }, problems: [{ kind: "clamped", reason, range: hidden }] };
}

/**
 * A query asks the ingesters only about its newest part. Lines pushed later with older times are in no answer and no count
 * until they are flushed (`isWithinIngesterMaxLookbackPeriod` in pkg/querier/querier.go).
 */
function unflushed({ from, to }: Range, settings: Settings, now: bigint): Problem[] {
  const { setting, reach } = ingesterReach(settings) ?? {};
  if (setting === undefined || reach === undefined || from >= now - reach) return [];
  const border = now - reach;
  const reason = `${setting} = ${settings.text(setting)}: lines from before ${toRfc3339(border)} that were pushed late and are not flushed yet are shown by no query and no count, and Loki did not take the request to flush them (POST /flush)`;
  return [{ kind: "not-contained", reason, range: { from, to: border < to ? border : to } }];
}

function pageSize(settings: Settings, options: LokiOptions): number {
  const most = settings.number("limits_config.max_entries_limit_per_query") ?? 0;
  return most > 0 ? Math.min(options.pageSize, most) : options.pageSize;
}

/** The streams of one window. Reads no lines itself. */
async function windowStep(
  api: Api,
  { from, to, match, limit, window = { from, to } }: WindowCursor,
  signal: AbortSignal,
): Promise<Step> {
  const range = { from, to };
  const roots = await rootSelectors(api, { range, match }, signal);
  const read = { ...range, filters: "", limit, most: limit, window, narrowed: 0 };
  return { next: roots.map((selector) => readCursor({ ...read, selector })) };
}
