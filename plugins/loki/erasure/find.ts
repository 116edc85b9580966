/** One person's lines: read as an export reads, by the very filter that a deletion would use. */
import {
  type Ask,
  type FindRequest,
  type Found,
  lineRecords,
  PluginError,
  type Range,
  type Step,
  span,
  toRfc3339,
  v,
  withoutIdentifier,
} from "contextcore";
import { cursorOfRead, parseCursor } from "../export/cursor.ts";
import { readStep } from "../export/read.ts";
import type { Api } from "../server/api.ts";
import type { Border } from "../server/border.ts";
import { readRetention, type Settings } from "../server/settings.ts";
import { type Place, placeOf } from "./place.ts";

/** Who is asked for one person's lines. */
export interface Searched {
  readonly api: Api;
  readonly border: Border;
  readonly settings: Ask<Settings>;
  /** From the oldest line to after the newest; `undefined`: there are none. */
  readonly ends: Ask<Range | undefined>;
  readonly clock: () => bigint;
  readonly pageSize: number;
  readonly stepBytes: number;
}

/** What a place holds, without the identifier. Times are decimal strings of ns. */
export const reference = v.object({
  where: v.string(),
  from: v.string(),
  to: v.string(),
  entries: v.number(),
});

/** Finds that person's lines. @throws PluginError */
export async function* findLines(
  searched: Searched,
  request: FindRequest,
  signal: AbortSignal,
): AsyncGenerator<Found> {
  const found = await withoutIdentifier(request.id, () => search(searched, request, signal));
  if (found !== undefined) yield found;
}

async function search(
  searched: Searched,
  { id, where, range }: FindRequest,
  signal: AbortSignal,
): Promise<Found | undefined> {
  const place = placeOf(where, id);
  requireSeen(await searched.settings(signal), range?.from ?? 0n, searched.clock());
  const ends = await searched.ends(signal);
  const from = later(ends?.from ?? 0n, range?.from ?? 0n);
  const to = earlier(ends?.to ?? 0n, range?.to ?? ends?.to ?? 0n);
  if (from >= to) return undefined;
  const { entries, others, time } = await linesOf(searched, place, { from, to }, signal);
  if (others > 0)
    throw new PluginError(
      "invalid",
      `loki: the filter of ${where} also finds lines in which the identifier is no word`,
    );
  if (time === undefined) return undefined;
  return {
    ...{ unit: "entries", count: entries, where: `the lines of ${where}`, range: time },
    reference: { where, from: String(time.from), to: String(time.to), entries },
  };
}

/** What a filter finds. */
interface Lines {
  /** Lines that are that person's. */
  readonly entries: number;
  /** Those that are not. */
  readonly others: number;
  /** From the first to after the last. */
  readonly time: Range | undefined;
}

/** Reads all lines that the server's filter finds in a range. @throws PluginError also when some cannot be read */
export async function linesOf(
  searched: Searched,
  place: Place,
  range: Range,
  signal: AbortSignal,
): Promise<Lines> {
  let all: Lines = { entries: 0, others: 0, time: undefined };
  const part = (one: Range): Promise<Lines> => drain(searched, place, one, signal);
  for await (const { entries, others, time } of searched.border.across(range, part, signal))
    all = {
      entries: all.entries + entries,
      others: all.others + others,
      time: time === undefined ? all.time : span(all.time ?? time, time),
    };
  return all;
}

async function drain(
  { api, border, pageSize, stepBytes }: Searched,
  { selector, stages, isTheirs }: Place,
  range: Range,
  signal: AbortSignal,
): Promise<Lines> {
  const reader = { api: border.guard(api), stepBytes };
  let lines: Lines = { entries: 0, others: 0, time: undefined };
  const read = { selector, filters: stages, limit: pageSize, most: pageSize, window: range, narrowed: 0 };
  for (const waiting = [cursorOfRead({ ...range, ...read })]; ; ) {
    const next = waiting.pop();
    if (next === undefined) return lines;
    const cursor = parseCursor(next);
    if (cursor.kind !== "read") continue;
    const step = await readStep(reader, cursor, signal);
    requireWhole(step);
    lines = withStep(lines, step, isTheirs);
    waiting.push(...(step.next ?? []).toReversed());
  }
}

/** Less than all would look like all. */
function requireWhole({ problems = [] }: Step): void {
  const problem = problems.find(({ kind }) => kind === "incomplete" || kind === "failed");
  if (problem !== undefined)
    throw new PluginError("invalid", `loki: not all of that person's lines can be read: ${problem.reason}`);
}

const pushed = v.object({
  streams: v.array(v.object({ values: v.array(v.looseTuple([v.string(), v.string()])) })),
});

function withStep(lines: Lines, step: Step, isTheirs: Place["isTheirs"]): Lines {
  let { entries, others, time } = lines;
  for (const { text, from, to } of lineRecords(step)) {
    for (const line of Buffer.from(text).toString().split("\n").filter(Boolean))
      for (const { values } of v.parse(pushed, JSON.parse(line)).streams)
        for (const [, content] of values) {
          if (isTheirs(content)) entries += 1;
          else others += 1;
        }
    time = span(time ?? { from, to }, { from, to });
  }
  return { entries, others, time };
}

/** Lines that queries do not show are there all the same. @param from ns @throws PluginError `refused` */
export function requireSeen(settings: Settings, from: bigint, now: bigint): void {
  const lookback = settings.limit("limits_config.max_query_lookback");
  const { retention = "unlimited" } = readRetention(settings);
  if (
    lookback === undefined ||
    from >= now - lookback ||
    (retention !== "unlimited" && retention <= lookback)
  )
    return;
  throw new PluginError(
    "refused",
    `loki: its queries show nothing older than ${toRfc3339(now - lookback)}, so that not everything can be found`,
    { hint: "Set limits_config.max_query_lookback to 0s on the server." },
  );
}

const later = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const earlier = (a: bigint, b: bigint): bigint => (a < b ? a : b);
