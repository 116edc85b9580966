import {
  type Cursor,
  type ExportRequest,
  NS_PER_SECOND,
  PluginError,
  type Problem,
  parseDuration,
  type Range,
  type Start,
  type Step,
} from "contextcore";
import { matchersOf } from "../server/queries.ts";
import { hasSamples, isWithoutRemoteRead, type Method, remoteRead } from "../server/remote-read.ts";
import type { Server } from "../server/server.ts";
import { durationLimit, prometheusSettings, type TenantLimits, tenantLimits } from "../server/settings.ts";
import { namesMatcher } from "../wire/matchers.ts";
import { readCursor, toCursor, type Work, type WorkOf, windowOf } from "./cursors.ts";
import { exemplars, metadata } from "./extras.ts";
import { countSeries, groups, isSmall } from "./groups.ts";
import { alertmanager, rules } from "./objects.ts";
import { read } from "./read.ts";
import { firstWindows, span } from "./windows.ts";

interface StartOptions {
  /** How long samples may still be on their way, a duration. */
  readonly settle: string;
  /** ns */
  readonly now: bigint;
}

/** The first cursors: windows of samples in time order, then what servers keep beside them. */
export async function start(
  server: Server,
  request: ExportRequest,
  options: StartOptions,
  signal: AbortSignal,
): Promise<Start> {
  const { match } = request;
  matchersOf(match);
  const method = await readMethod(server, signal);
  const settled = options.now - parseDuration(options.settle);
  const { from } = request.range;
  const to = request.range.to < settled ? request.range.to : settled;
  const works: Work[] = to > from ? [...firstWindows({ from, to, match, method })] : [];
  works.push({ step: "exemplars", ...request.range, match }, { step: "metadata", ...request.range });
  works.push({ step: "rules" }, { step: "alertmanager" });
  return {
    cursors: works.map(toCursor),
    ...(await circumstances(server, request.range, options.now, signal)),
    ...(to < request.range.to ? { exportedUntil: to > from ? to : from } : {}),
  };
}

/** Asks for a metric that does not exist, to see in which form the server answers. */
async function readMethod(server: Server, signal: AbortSignal): Promise<Method> {
  const nothing = { fromMs: 0, lastMs: 0, matchers: [namesMatcher(["contextcore_no_such_metric"])] };
  try {
    const answer = await remoteRead(server, nothing, signal);
    for await (const _ of answer.read()) break;
    return answer.method;
  } catch (error) {
    if (error instanceof PluginError && isWithoutRemoteRead(error)) return "range";
    throw error;
  }
}

/** Notes and problems of the whole export that follow from the server's own settings. */
async function circumstances(
  server: Server,
  range: Range,
  now: bigint,
  signal: AbortSignal,
): Promise<Pick<Start, "notes" | "problems">> {
  const { flavour } = await server.identity(signal);
  const early = range.from > 0n ? [] : await before1970(server, signal);
  if (flavour !== "prometheus")
    return { problems: [...early, ...hidden(await tenantLimits(server, signal), range, now)] };
  const { externalLabels } = await prometheusSettings(server, signal);
  if (Object.keys(externalLabels).length === 0) return { problems: early };
  return {
    problems: early,
    notes: { externalLabels: `added by the server to every series: ${JSON.stringify(externalLabels)}` },
  };
}

/** The first moment that a server may be asked about, ns: the year 0. */
const EARLIEST = -62_167_219_200n * NS_PER_SECOND;

/** Samples with such times are stored by whoever writes seconds or a zero for milliseconds; a snapshot cannot name them. */
async function before1970(server: Server, signal: AbortSignal): Promise<Problem[]> {
  const query = { range: { from: EARLIEST, to: 0n }, matchers: matchersOf(undefined) };
  const isFilled = await hasSamples(server, query, signal).catch((error: unknown) => {
    if (error instanceof PluginError && isWithoutRemoteRead(error)) return false;
    throw error;
  });
  const reason =
    "the server holds samples from before 1970, where the times of a snapshot begin: they were left out";
  return isFilled ? [{ kind: "incomplete", reason }] : [];
}

/** Mimir silently moves the start of a query: what lies before cannot be read, and seems not to exist. */
function hidden(limits: TenantLimits, { from, to }: Range, now: bigint): Problem[] {
  const lookback = durationLimit(limits, "max_query_lookback");
  const border = now - (lookback ?? now);
  if (from >= border) return [];
  const reason = `limits.max_query_lookback is ${limits.max_query_lookback}: the server gives nothing older.`;
  return [{ kind: "clamped", reason, range: { from, to: to < border ? to : border } }];
}

interface StepLimits {
  readonly stepBytes: number;
}

/** Runs one cursor: reads, or gives the cursors of what is to be read. */
export function step(server: Server, cursor: Cursor, limits: StepLimits, signal: AbortSignal): Promise<Step> {
  const work = readCursor(cursor);
  switch (work.step) {
    case "span":
      return span(server, work, signal);
    case "hour":
      return hour(server, work, limits, signal);
    case "groups":
      return groups(server, work, signal);
    case "read":
      return read(server, work, limits, signal);
    case "metadata":
      return metadata(server, work, signal);
    case "exemplars":
      return exemplars(server, work, signal);
    case "rules":
      return rules(server, signal);
    case "alertmanager":
      return alertmanager(server, signal);
  }
}

/** An hour of few series is read at once; one of many is split into groups first. */
async function hour(
  server: Server,
  work: WorkOf<"hour">,
  limits: StepLimits,
  signal: AbortSignal,
): Promise<Step> {
  const window = windowOf(work);
  if (!isSmall(await countSeries(server, window, signal), work.method)) {
    return { next: [toCursor({ step: "groups", ...window })] };
  }
  return read(server, { step: "read", ...window, hourFrom: work.from, hourTo: work.to }, limits, signal);
}
