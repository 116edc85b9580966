/**
 * Reads one page. A stream's pages are read in order, oldest first. Entries of a full page's last nanosecond are dropped and
 * read again with the next page, because there may be more of them: no entry is lost or duplicated at a page boundary.
 */
import { type Cursor, given, halves, PluginError, type Problem, type Range, type Step } from "contextcore";
import type { Api } from "./api.ts";
import { splitNanosecond } from "./burst.ts";
import { type ReadCursor, readCursor } from "./cursor.ts";
import type { PageStream } from "./entries.ts";
import { toRecords } from "./lines.ts";
import { loadsOf } from "./loads.ts";
import { narrow } from "./narrow.ts";
import type { Page } from "./page.ts";
import { partition } from "./partition.ts";
import { problemsOfNames } from "./sent.ts";
import { isBookkeeping } from "./streams.ts";

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
      readCursor({ ...cursor, from: last, to: after, limit: cursor.most }),
      ...(after < cursor.to
        ? [readCursor({ ...cursor, from: after, limit: Math.min(cursor.most, cursor.limit * 2) })]
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

function problemsOf(page: Page, streams: readonly PageStream[], { from, to }: Range): Problem[] {
  const warned = page.warnings.map((text) => ({
    ...WARNED,
    reason: `Loki warns: ${text}`,
    range: { from, to },
  }));
  const isNormalised = streams.some(({ labels }) => Object.keys(labels).some(isBookkeeping));
  return [
    ...warned,
    ...(page.categorized || page.entries.length === 0 ? [] : [MIXED]),
    ...(isNormalised ? [NORMALISED] : []),
    ...(hasReplacements(page.entries.buffer) ? [REPLACED] : []),
  ];
}

const WARNED = { kind: "incomplete" } as const;

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
  reason: "some lines were not valid UTF-8: Loki's API gives U+FFFD (�) in place of those bytes",
};

/** Loki writes a stored U+FFFD unchanged, but an escape for invalid bytes (json-iterator, `WriteString`). */
function hasReplacements(answer: Buffer): boolean {
  for (let at = answer.indexOf("\\ufffd"); at >= 0; at = answer.indexOf("\\ufffd", at + 1)) {
    let backslashes = 0;
    while (answer[at - 1 - backslashes] === 0x5c) backslashes += 1;
    if (backslashes % 2 === 0) return true;
  }
  return false;
}

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
    readCursor({ ...cursor, ...range, selector, limit, narrowed: 0 });
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
