/**
 * Reads one page. Pages of a stream are read one after the other, oldest first. The entries of a full page's last nanosecond are dropped and
 * read again by the page that follows, since there may be more of them: no entry is lost or doubled at a border.
 */
import { type Cursor, halves, PluginError, type Problem, type Range, type Step } from "contextcore";
import type { Api } from "./api.ts";
import { splitNanosecond } from "./burst.ts";
import { type ReadCursor, readCursor } from "./cursor.ts";
import { isBefore, joinStreams, type KeptStream, toRecords } from "./lines.ts";
import { loadsOf } from "./loads.ts";
import { narrow } from "./narrow.ts";
import type { Page, PageStream } from "./page.ts";
import { partition } from "./partition.ts";
import { isBookkeeping } from "./streams.ts";

export interface Reader {
  readonly api: Api;
  /** About how many bytes a step should yield. */
  readonly stepBytes: number;
}

export async function readStep(reader: Reader, cursor: ReadCursor, signal: AbortSignal): Promise<Step> {
  let page: Page;
  try {
    page = await reader.api.page(
      { query: cursor.selector + cursor.filters, range: cursor, limit: cursor.limit },
      signal,
    );
  } catch (error) {
    return narrow(cursor, error);
  }
  checkOrder(page, cursor);
  if (page.entries < cursor.limit) return keep(cursor, page, page.streams, []);
  const last = lastTime(page);
  const before = page.streams
    .map((stream) => withoutTime(stream, last))
    .filter(({ values }) => values.length > 0);
  if (before.length > 0)
    return keep(cursor, page, before, await followers(reader, cursor, { page, last }, signal));
  if (cursor.to - cursor.from === 1n) {
    const { next, problems } = await splitNanosecond(reader.api, cursor, page, signal);
    return next.length > 0 ? { next, problems } : keep(cursor, page, page.streams, [], problems);
  }
  // A page of one nanosecond: that nanosecond for itself, as large as may be, then what comes after it.
  const time = BigInt(last);
  return {
    next: [
      readCursor({ ...cursor, from: time, to: time + 1n, limit: cursor.most }),
      ...(time + 1n < cursor.to
        ? [readCursor({ ...cursor, from: time + 1n, limit: Math.min(cursor.most, cursor.limit * 2) })]
        : []),
    ],
  };
}

function keep(
  cursor: ReadCursor,
  page: Page,
  streams: readonly PageStream[],
  next: readonly Cursor[],
  problems: readonly Problem[] = [],
): Step {
  const kept = joinStreams(streams);
  const records = toRecords(kept, cursor.window);
  const found = [...problems, ...problemsOf(page, streams, kept, cursor)];
  return {
    ...(records === undefined ? {} : { records: [records] }),
    ...(found.length === 0 ? {} : { problems: found }),
    ...(next.length === 0 ? {} : { next, done: doneOf(cursor, records?.to) }),
  };
}

const doneOf = ({ from, to }: Range, until = from): number =>
  Math.min(1, Number(until - from) / Math.max(1, Number(to - from)));

function problemsOf(
  page: Page,
  streams: readonly PageStream[],
  kept: readonly KeptStream[],
  range: Range,
): Problem[] {
  const problems: Problem[] = page.warnings.map((warning) => ({
    kind: "incomplete",
    reason: `Loki warns: ${warning}`,
    range: { from: range.from, to: range.to },
  }));
  if (!page.categorized && page.entries > 0) problems.push(MIXED);
  if (streams.some(({ labels }) => Object.keys(labels).some(isBookkeeping))) problems.push(NORMALISED);
  const replaced = countReplaced(kept);
  if (replaced > 0) problems.push(REPLACED);
  return problems;
}

const MIXED: Problem = {
  kind: "lossy",
  reason:
    "this Loki does not keep structured metadata apart in its answers (older than 3.0): where there is any, it stands among the stream's labels",
};

const NORMALISED: Problem = {
  kind: "normalised",
  reason: "labels that Loki itself adds to spread a stream (__stream_shard__ and its like) were left out",
};

const REPLACED: Problem = {
  kind: "lossy",
  reason:
    "some lines hold U+FFFD (�): where a line was not valid UTF-8, Loki's API gives that in place of the bytes",
};

const countReplaced = (streams: readonly KeptStream[]): number =>
  streams.reduce((sum, { values }) => sum + values.filter(([, line]) => line.includes("\ufffd")).length, 0);

/** @throws PluginError `invalid`: a page out of order, or outside what was asked for, cannot be paged through */
function checkOrder({ streams }: Page, { from, to }: Range): void {
  const [first, end] = [String(from), String(to)];
  for (const { values } of streams) {
    let earlier = first;
    for (const [time] of values) {
      if (isBefore(time, earlier) || !isBefore(time, end)) {
        throw new PluginError(
          "invalid",
          `loki: an entry at ${time} is out of order, or outside [${first}, ${end})`,
        );
      }
      earlier = time;
    }
  }
}

function lastTime({ streams }: Page): string {
  let last = "";
  for (const { values } of streams) {
    const time = values.at(-1)?.[0] ?? "";
    if (isBefore(last, time)) last = time;
  }
  return last;
}

function withoutTime(stream: PageStream, time: string): PageStream {
  let end = stream.values.length;
  while (end > 0 && stream.values[end - 1]?.[0] === time) end -= 1;
  return end === stream.values.length ? stream : { ...stream, values: stream.values.slice(0, end) };
}

/** Where so much is left of one stream, it is cut in two, so that several pages are read at once. Pages. */
const PAGES_MAX = 16;

/** What is to be read after a full page: the same further on, or parts of it. */
async function followers(
  { api, stepBytes }: Reader,
  cursor: ReadCursor,
  { page, last }: { page: Page; last: string },
  signal: AbortSignal,
): Promise<Cursor[]> {
  const rest: Range = { from: BigInt(last), to: cursor.to };
  const limit = nextLimit(cursor, page, stepBytes);
  const pages = Number(rest.to - rest.from) / Math.max(1, Number(rest.from - cursor.from));
  const follow = (range: Range, selector: string): Cursor =>
    readCursor({ ...cursor, ...range, selector, limit, narrowed: 0 });
  const loads = await loadsOf(api, page, rest, signal);
  if (loads.length > 1 && pages > 1) {
    const expected = loads.map((load) => ({ ...load, entries: load.entries * pages }));
    return partition(cursor.selector, expected, limit).map((selector) => follow(rest, selector));
  }
  const parts = pages > PAGES_MAX ? halves(rest) : undefined;
  return (parts ?? [rest]).map((range) => follow(range, cursor.selector));
}

/** Larger again after it had to be made smaller, smaller where lines are so long that a page is more than a step should hold. */
function nextLimit({ limit, most }: ReadCursor, page: Page, stepBytes: number): number {
  const bytes = page.streams.reduce(
    (sum, { values }) => sum + values.reduce((all, [, line]) => all + line.length, 0),
    0,
  );
  if (bytes > stepBytes) return Math.max(1, Math.floor((limit * stepBytes) / bytes / 2));
  return bytes < stepBytes / 8 ? Math.min(most, limit * 2) : limit;
}
