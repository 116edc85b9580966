import type { Server } from "../server/server.ts";
import { readExisting } from "./existing.ts";
import { isSamePoint, type Point, type SeriesPoints } from "./points.ts";
import { remoteWrite } from "./remote-write.ts";

/** Points that the server does not take, and what it says of one of them. */
export interface Refused extends SeriesPoints {
  readonly reason: string;
}

/** A server-wide lower bound on time, which only ever rises (Prometheus' head, Mimir's out-of-order window). */
const isTooOld = (reason: string): boolean =>
  /out of bounds|too old|timestamp-too-old/i.test(reason) && !/future/i.test(reason);

/**
 * Finds out which points of a refused request the server takes: a request may have been stored in part, or not at all
 * for one bad sample. What is there already is found by reading back; the rest is offered series by series.
 */
export function createResolver(server: Server) {
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
