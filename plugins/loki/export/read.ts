/**
 * Reads one page. A stream's pages are read in order, oldest first. Entries of a full page's last nanosecond are dropped and
 * read again with the next page, because there may be more of them: no entry is lost or duplicated at a page boundary.
 */
import { type Cursor, given, halves, PluginError, type Problem, type Range, type Step } from "contextcore";
import type { Api } from "../server/api.ts";
import type { PageStream } from "../server/entries.ts";
import type { Page } from "../server/page.ts";
import { entriesLimit, wantsLess } from "../server/refusal.ts";
import { splitNanosecond } from "./burst.ts";
import { cursorOfRead, type ReadCursor } from "./cursor.ts";
import { toRecords } from "./lines.ts";
import { loadsOf, partition } from "./partition.ts";
import { problemsOf, problemsOfNames } from "./problems.ts";

/** What reading a page needs besides its cursor. */
export interface Reader {
  readonly api: Api;
  /** About how many bytes a step should yield. */
  readonly stepBytes: number;
}

/**
 * Runs a read cursor: one page's records, and cursors for what follows.
 * @throws PluginError `invalid` for a page that cannot be paged through, and the server's error when asking for less makes no
 * sense
 */
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
  const named = await problemsOfNames(reader.api, page.taken, cursor, signal);
  if (page.entries.length < cursor.limit) return keep(cursor, page, page.streams, [], named);
  const last = lastTime(page);
  const before = page.streams.flatMap((stream) => earlierThan(page, stream, last));
  if (before.length > 0)
    return keep(cursor, page, before, await followers(reader, cursor, { page, last }, signal), named);
  if (cursor.to - cursor.from === 1n) {
    const { next, problems } = await splitNanosecond(reader.api, cursor, page, signal);
    return next.length > 0
      ? { next, problems }
      : keep(cursor, page, page.streams, [], [...problems, ...named]);
  }
  // The page holds a single nanosecond: read that nanosecond alone, as large a page as possible, then what follows.
  const after = last + 1n;
  return {
    next: [
      cursorOfRead({ ...cursor, from: last, to: after, limit: cursor.most }),
      ...(after < cursor.to
        ? [cursorOfRead({ ...cursor, from: after, limit: Math.min(cursor.most, cursor.limit * 2) })]
        : []),
    ],
  };
}

function keep(
  cursor: ReadCursor,
  page: Page,
  streams: readonly PageStream[],
  next: readonly Cursor[],
  problems: readonly Problem[],
): Step {
  const records = toRecords(page, streams, cursor.window);
  const found = [...problems, ...problemsOf(page, streams, cursor)];
  return {
    ...given({ records: records && [records] }),
    ...(found.length === 0 ? {} : { problems: found }),
    ...(next.length === 0 ? {} : { next, done: doneOf(cursor, records?.to) }),
  };
}

const doneOf = ({ from, to }: Range, until = from): number =>
  Math.min(1, Number(until - from) / Math.max(1, Number(to - from)));

/** @throws PluginError `invalid`: a page out of order, or outside the requested range, cannot be paged through */
function checkOrder({ streams, entries }: Page, { from, to }: Range): void {
  for (const stream of streams) {
    let isOrdered = entries.time(stream.from) >= from && entries.time(stream.to - 1) < to;
    for (let index = stream.from + 1; isOrdered && index < stream.to; index += 1) {
      isOrdered = entries.compare(index - 1, index) <= 0;
    }
    if (isOrdered) continue;
    const reason = `its entries are out of order, or outside [${from}, ${to})`;
    throw new PluginError("invalid", `loki: an answer to query_range cannot be used: ${reason}`);
  }
}

function lastTime({ streams, entries }: Page): bigint {
  let last = 0n;
  for (const { to } of streams) {
    const time = entries.time(to - 1);
    if (time > last) last = time;
  }
  return last;
}

/** The stream without its entries of the page's last nanosecond; nothing when it has no others. */
function earlierThan({ entries }: Page, stream: PageStream, last: bigint): PageStream[] {
  let { to } = stream;
  while (to > stream.from && entries.time(to - 1) === last) to -= 1;
  return to === stream.from ? [] : [{ ...stream, to }];
}

/** If this much is left of one stream, it is divided in two, so that several pages are read at once. Pages. */
const PAGES_MAX = 8;

/** What to read after a full page: the same range further on, or parts of it. */
async function followers(
  { api, stepBytes }: Reader,
  cursor: ReadCursor,
  { page, last }: { page: Page; last: bigint },
  signal: AbortSignal,
): Promise<Cursor[]> {
  const rest: Range = { from: last, to: cursor.to };
  const limit = nextLimit(cursor, page, stepBytes);
  const pages = Number(rest.to - rest.from) / Math.max(1, Number(rest.from - cursor.from));
  const follow = (range: Range, selector: string): Cursor =>
    cursorOfRead({ ...cursor, ...range, selector, limit, narrowed: 0 });
  const loads = await loadsOf(api, page, rest, signal);
  if (loads.length > 1 && pages > 1) {
    const expected = loads.map((load) => ({ ...load, entries: load.entries * pages }));
    // A part smaller than a page is read at once; pages of many streams cost the server most (measured).
    return partition(cursor.selector, expected, limit / 2).map((selector) => follow(rest, selector));
  }
  const parts = pages > PAGES_MAX ? halves(rest) : undefined;
  return (parts ?? [rest]).map((range) => follow(range, cursor.selector));
}

/** Grows again after it had to be reduced; shrinks when lines are so long that a page exceeds a step. */
function nextLimit({ limit, most }: ReadCursor, page: Page, stepBytes: number): number {
  const bytes = page.entries.bytes.length;
  if (bytes > stepBytes) return Math.max(1, Math.floor((limit * stepBytes) / bytes / 2));
  return bytes < stepBytes / 4 ? Math.min(most, limit * 2) : limit;
}

/** After a timeout, fewer entries than this would not help. */
const LIMIT_MIN = 16;

/** After this many reductions the server itself is assumed to be in trouble: the engine then waits and retries. */
const TIMES_MAX = 6;

/**
 * What to request instead when the server could not answer: fewer entries, then a shorter range.
 * @throws the error, if asking for less makes no sense
 */
function narrow(cursor: ReadCursor, error: unknown): Step {
  const most = entriesLimit(error);
  if (most !== undefined && most < cursor.limit) {
    return { next: [cursorOfRead({ ...cursor, limit: Math.max(1, most), most: Math.max(1, most) })] };
  }
  if (!wantsLess(error)) throw error;
  // Without a status, it was the client that refused to read further.
  const isUntaken = error.status === undefined && !error.timedOut;
  const isSize = isUntaken || /ResourceExhausted|larger than max/.test(error.message);
  if (isSize && cursor.limit > 1) return { next: [cursorOfRead({ ...cursor, limit: cursor.limit >> 1 })] };
  const range = { from: cursor.from, to: cursor.to };
  const parts = halves(range);
  if (parts === undefined && isSize) {
    return {
      problems: [{ kind: "incomplete", reason: `a line could not be read: ${error.message}`, range }],
    };
  }
  const narrowed = cursor.narrowed + 1;
  if (parts === undefined || (!isSize && narrowed > TIMES_MAX)) throw asTemporary(error);
  const limit = isSize ? cursor.limit : Math.max(LIMIT_MIN, cursor.limit >> 1);
  return { next: parts.map((part) => cursorOfRead({ ...cursor, ...part, limit, narrowed })) };
}

/** Asking for less did not help, so the server itself is slow now. */
function asTemporary(error: PluginError): PluginError {
  const { message, status, timedOut, retryAfterMs, hint } = error;
  return new PluginError("temporary", message, { status, timedOut, retryAfterMs, hint, cause: error });
}
