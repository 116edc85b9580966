/** The export: reconciliation windows, the selectors that match all their streams, and pages of those. */
import {
  type Ask,
  type Context,
  type Cursor,
  type Exporter,
  type ExportRequest,
  given,
  halves,
  type Problem,
  parseDuration,
  type Range,
  type Split,
  type Start,
  type Step,
  toRfc3339,
} from "contextcore";
import { exportDeletes } from "../objects/deletes.ts";
import { exportRules } from "../objects/rules.ts";
import type { Api } from "../server/api.ts";
import { AtBorder, type Border } from "../server/border.ts";
import { rootSelectors } from "../server/in-parts.ts";
import { parseSelector, printSelector } from "../server/selector.ts";
import { ingesterReach, type Settings } from "../server/settings.ts";
import {
  cursorOfRead,
  cursorsOf,
  type LokiCursor,
  parseCursor,
  type ReadCursor,
  type WindowCursor,
  windowCursors,
} from "./cursor.ts";
import { divide } from "./divide.ts";
import { type Reader, readStep } from "./read.ts";

/** The options that concern an export. */
interface ExportOptions {
  readonly pageSize: number;
  /** Durations, as written. */
  readonly window: string;
  readonly settle: string;
}

/** The contract's exporter: windows in time order, then rules and delete requests, which no selector covers. */
export function createExporter(
  api: Api,
  { border, settings: ask }: { readonly border: Border; readonly settings: Ask<Settings> },
  { options, limits, clock }: Pick<Context<ExportOptions>, "options" | "limits" | "clock">,
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
    checkMatch: async (match) => void parseSelector(match),
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
  readonly options: ExportOptions;
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
  const lookback = settings.limit("limits_config.max_query_lookback");
  const oldest = now - (lookback ?? now);
  if (range.from >= oldest) return { range, problems: [] };
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

function pageSize(settings: Settings, options: ExportOptions): number {
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
  return { next: roots.map((selector) => cursorOfRead({ ...read, selector })) };
}

/**
 * Divides a step that Loki cannot answer, down to the lines of one stream in one nanosecond.
 * @throws PluginError the server's error when it is asked for the streams
 */
async function splitCursor(api: Api, cursor: LokiCursor, signal: AbortSignal): Promise<Split> {
  if (cursor.kind === "rules") return { items: ["rules"] };
  if (cursor.kind === "deletes") return { items: ["delete requests"] };
  if (cursor.kind === "window") return { ...inTime(cursor), items: ["a window's list of streams"] };
  const { parts, item } = await divide(api, cursor, signal);
  return { cursors: parts.map((part) => cursorOfRead({ ...cursor, ...part })), items: [item] };
}

function inTime(cursor: WindowCursor): Pick<Split, "cursors"> {
  const parts = halves({ from: cursor.from, to: cursor.to });
  return given({ cursors: parts && cursorsOf(cursor, { now: parts, later: undefined }) });
}
