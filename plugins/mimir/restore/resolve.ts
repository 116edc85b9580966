import type { Server } from "../server/server.ts";
import { isSame, readExisting } from "./existing.ts";
import { pick, type SeriesPoints } from "./points.ts";
import { remoteWrite } from "./remote-write.ts";

/** Points that the server does not take, and what it says of one of them. */
export interface Refused extends SeriesPoints {
  readonly reason: string;
}

/** Why points were refused, by their index in the series. */
type Reasons = Map<number, string>;

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
    { indexes, refused }: { readonly indexes: readonly number[]; readonly refused: Reasons },
    signal: AbortSignal,
  ): Promise<void> {
    const left = indexes.filter((at) => !isKnownTooOld(points.times[at] ?? 0, at, refused));
    const [first] = left;
    if (first === undefined) return;
    const said = await remoteWrite(server, [{ labels, points: pick(points, left) }], signal);
    if (said === undefined) return;
    if (left.length === 1) return refuse(points.times[first] ?? 0, first, { reason: said, refused });
    const middle = left.length >> 1;
    await offer({ labels, points }, { indexes: left.slice(0, middle), refused }, signal);
    await offer({ labels, points }, { indexes: left.slice(middle), refused }, signal);
  }

  function refuse(
    time: number,
    at: number,
    { reason, refused }: { readonly reason: string; readonly refused: Reasons },
  ): void {
    refused.set(at, reason);
    if (isTooOld(reason) && (tooOld === undefined || tooOld.time < time)) tooOld = { time, reason };
  }

  function isKnownTooOld(time: number, at: number, refused: Reasons): boolean {
    if (tooOld === undefined || time > tooOld.time) return false;
    refused.set(at, tooOld.reason);
    return true;
  }

  return async (request: readonly SeriesPoints[], signal: AbortSignal): Promise<Refused[]> => {
    const found: Refused[] = [];
    for (const series of await absent(server, request, signal)) {
      const refused: Reasons = new Map();
      await offer(series, { indexes: [...series.points.times.keys()], refused }, signal);
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
    const isMissing = (at: number): boolean => {
      const there = stored?.get(points.times[at] ?? 0);
      return there === undefined || !isSame(there, { points, at });
    };
    const missing = pick(points, [...points.times.keys()].filter(isMissing));
    return missing.times.length === 0 ? [] : [{ labels, points: missing }];
  });
}

/** One entry for each reason. */
function byReason({ labels, points }: SeriesPoints, refused: Reasons): Refused[] {
  const groups = Map.groupBy(
    [...refused.keys()].sort((a, b) => a - b),
    (at) => refused.get(at) ?? "",
  );
  return [...groups].map(([reason, some]) => ({ labels, points: pick(points, some), reason }));
}
