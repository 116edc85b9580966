import type { Counts, RestoreAnswer, RestoreBatch } from "contextcore";
import type { Server } from "../server/server.ts";
import {
  type Existing,
  isSamePoint,
  isStale,
  type Point,
  pointsLine,
  readExisting,
  readPoints,
  type SeriesPoints,
} from "./points.ts";
import { remoteWrite } from "./remote-write.ts";

/** Servers bound the bytes and the samples of one request; Prometheus itself sends 2,000. */
const POINTS_PER_REQUEST = 5_000;

const ANOTHER_VALUE = "the server has another value at this time";
const STILL_PACKED =
  "it was kept as it came, in an encoding that is not known here, and cannot be written back";

/**
 * Writes lines of `metrics.json` by remote write 1.0. What the server holds already is left alone; when it refuses a
 * request, which names one error only, the points are read back and the rest is offered in smaller parts.
 */
export function createMetricsWriter(server: Server) {
  const resolve = createResolver(server);

  return async (batch: RestoreBatch, signal: AbortSignal): Promise<RestoreAnswer> => {
    const { series, rejected } = readBatch(batch);
    const { missing, existing, different } = compare(series, await readExisting(server, series, signal));
    const refused: Refused[] = different.map((points) => ({ ...points, reason: ANOTHER_VALUE }));
    for (const request of requests(missing)) {
      const said = await remoteWrite(server, request, signal);
      if (said !== undefined) refused.push(...(await resolve(request, signal)));
    }
    const written = difference(countPoints(missing), countPoints(refused.slice(different.length)));
    return {
      written,
      ...(existing.length === 0 ? {} : { existing: countPoints(existing) }),
      rejected: [...rejected, ...refused.map((one) => ({ line: pointsLine(one), reason: one.reason }))],
    };
  };
}

function readBatch({ lines, range, labels }: RestoreBatch) {
  const series: SeriesPoints[] = [];
  const rejected: { line: string; reason: string }[] = [];
  for (const line of lines) {
    const read = readPoints(line, range, labels);
    if (read.series.points.length > 0) series.push(read.series);
    if (read.line.series.raw.length > 0) rejected.push({ line, reason: STILL_PACKED });
  }
  return { series, rejected };
}

interface Compared {
  readonly missing: readonly SeriesPoints[];
  readonly existing: readonly SeriesPoints[];
  readonly different: readonly SeriesPoints[];
}

/** Which points the server lacks, has, and has with another value. */
function compare(wanted: readonly SeriesPoints[], held: Existing): Compared {
  const found = {
    missing: [] as SeriesPoints[],
    existing: [] as SeriesPoints[],
    different: [] as SeriesPoints[],
  };
  for (const { labels, points } of wanted) {
    const stored = held.of(labels);
    const groups = Map.groupBy(points, (point) => {
      const there = stored.get(point.time);
      if (there === undefined) return "missing";
      return isSamePoint(there, point) ? "existing" : "different";
    });
    for (const [group, some] of groups) found[group].push({ labels, points: some });
  }
  return found;
}

/** Requests of a bounded number of points; a series is cut, never reordered. */
function* requests(series: readonly SeriesPoints[]): Generator<readonly SeriesPoints[]> {
  let request: SeriesPoints[] = [];
  let room = POINTS_PER_REQUEST;
  for (const { labels, points } of series) {
    for (let start = 0; start < points.length; ) {
      const part = points.slice(start, start + room);
      request.push({ labels, points: part });
      start += part.length;
      room -= part.length;
      if (room > 0) continue;
      yield request;
      request = [];
      room = POINTS_PER_REQUEST;
    }
  }
  if (request.length > 0) yield request;
}

/** In the units of the export: stale markers apart. */
function countPoints(series: readonly SeriesPoints[]): Counts {
  const points = series.flatMap((one) => one.points);
  const stale = points.filter(isStale).length;
  const histograms = points.filter(({ histogram }) => histogram !== undefined).length;
  return {
    samples: points.length - stale,
    ...(histograms > 0 ? { histograms } : {}),
    ...(stale > 0 ? { stale } : {}),
  };
}

const difference = (all: Counts, some: Counts): Counts =>
  Object.fromEntries(Object.entries(all).map(([unit, number]) => [unit, number - (some[unit] ?? 0)]));

/** Points that the server does not take, and what it says of one of them. */
interface Refused extends SeriesPoints {
  readonly reason: string;
}

/** A server-wide lower bound on time, which only ever rises (Prometheus' head, Mimir's out-of-order window). */
const isTooOld = (reason: string): boolean =>
  /out of bounds|too old|timestamp-too-old/i.test(reason) && !/future/i.test(reason);

/**
 * Finds out which points of a refused request the server takes: a request may have been stored in part, or not at all
 * for one bad sample. What is there already is found by reading back; the rest is offered series by series.
 */
function createResolver(server: Server) {
  let tooOld: { readonly time: number; readonly reason: string } | undefined;

  /** Offers points of one series by halves, the older first, since a newer one that is taken shuts out those before it. */
  async function offer(
    { labels, points }: SeriesPoints,
    refused: Map<Point, string>,
    signal: AbortSignal,
  ): Promise<void> {
    const [first, ...later] = points.filter((point) => !isKnownTooOld(point, refused));
    if (first === undefined) return;
    const said = await remoteWrite(server, [{ labels, points: [first, ...later] }], signal);
    if (said === undefined) return;
    if (later.length === 0) return refuse(first, said, refused);
    const middle = (later.length + 1) >> 1;
    await offer({ labels, points: [first, ...later].slice(0, middle) }, refused, signal);
    await offer({ labels, points: [first, ...later].slice(middle) }, refused, signal);
  }

  function refuse(point: Point, reason: string, refused: Map<Point, string>): void {
    refused.set(point, reason);
    if (isTooOld(reason) && (tooOld === undefined || tooOld.time < point.time)) {
      tooOld = { time: point.time, reason };
    }
  }

  function isKnownTooOld(point: Point, refused: Map<Point, string>): boolean {
    if (tooOld === undefined || point.time > tooOld.time) return false;
    refused.set(point, tooOld.reason);
    return true;
  }

  return async (request: readonly SeriesPoints[], signal: AbortSignal): Promise<Refused[]> => {
    const found: Refused[] = [];
    for (const series of await absent(server, request, signal)) {
      const refused = new Map<Point, string>();
      await offer(series, refused, signal);
      found.push(...byReason(series, refused));
    }
    return found;
  };
}

/** The points that the server does not have. */
async function absent(
  server: Server,
  series: readonly SeriesPoints[],
  signal: AbortSignal,
): Promise<SeriesPoints[]> {
  const held = await readExisting(server, series, signal);
  return series.flatMap(({ labels, points }) => {
    const stored = held.of(labels);
    const missing = points.filter((point) => {
      const there = stored.get(point.time);
      return there === undefined || !isSamePoint(there, point);
    });
    return missing.length === 0 ? [] : [{ labels, points: missing }];
  });
}

/** One entry for each reason. */
function byReason({ labels, points }: SeriesPoints, refused: ReadonlyMap<Point, string>): Refused[] {
  const groups = Map.groupBy(
    points.filter((point) => refused.has(point)),
    (point) => refused.get(point) ?? "",
  );
  return [...groups].map(([reason, some]) => ({ labels, points: some, reason }));
}
