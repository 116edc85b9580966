import type { Counts, RestoreAnswer, RestoreBatch } from "contextcore";
import type { Server } from "../server/server.ts";
import { type Existing, isSame, readExisting } from "./existing.ts";
import { countPoints, pick, pointsLine, readPoints, type SeriesPoints, slice } from "./points.ts";
import { remoteWriteAll } from "./remote-write.ts";
import { createResolver, type Refused } from "./resolve.ts";

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
    await remoteWriteAll(server, requests(missing), {
      signal,
      onRefused: async (request) => void refused.push(...(await resolve(request, signal))),
    });
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
    if (read.series.points.times.length > 0) series.push(read.series);
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
    const standing = (at: number): keyof Compared => {
      const there = stored?.get(points.times[at] ?? 0);
      if (there === undefined) return "missing";
      return isSame(there, { points, at }) ? "existing" : "different";
    };
    if (stored === undefined) found.missing.push({ labels, points });
    else
      for (const [group, indexes] of Map.groupBy(points.times.keys(), standing))
        found[group].push({ labels, points: pick(points, indexes) });
  }
  return found;
}

/** Requests of a bounded number of points; a series is cut, never reordered. */
function* requests(series: readonly SeriesPoints[]): Generator<readonly SeriesPoints[]> {
  let request: SeriesPoints[] = [];
  let room = POINTS_PER_REQUEST;
  for (const { labels, points } of series) {
    for (let start = 0; start < points.times.length; ) {
      const end = Math.min(points.times.length, start + room);
      request.push({ labels, points: slice(points, start, end) });
      room -= end - start;
      start = end;
      if (room > 0) continue;
      yield request;
      request = [];
      room = POINTS_PER_REQUEST;
    }
  }
  if (request.length > 0) yield request;
}

const difference = (all: Counts, some: Counts): Counts =>
  Object.fromEntries(Object.entries(all).map(([unit, number]) => [unit, number - (some[unit] ?? 0)]));
