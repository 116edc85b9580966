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

/** Or a bound of the series' own: its newest sample. */
const isBehind = (reason: string): boolean => isTooOld(reason) || /out[ -]of[ -]order/i.test(reason);

/**
 * Finds out which points of a refused request the server takes: a request may have been stored in part, or not at all
 * for one bad sample. What is there already is found by reading back; the rest is offered series by series, older
 * points first, since a newer one that is taken shuts out those before it.
 */
export function createResolver(server: Server) {
  let tooOld: { readonly time: number; readonly reason: string } | undefined;

  async function absent(series: readonly SeriesPoints[], signal: AbortSignal): Promise<SeriesPoints[]> {
    const held = await readExisting(server, series, signal);
    return series.flatMap((one) => {
      const points = one.points.filter((point) => {
        const there = held.at(one.labels, point.time);
        return there === undefined || !isSamePoint(there, point);
      });
      return points.length === 0 ? [] : [{ ...one, points }];
    });
  }

  /** Offers one series' points; answers those that were refused, each with its reason. */
  async function offer({ labels, points }: SeriesPoints, signal: AbortSignal): Promise<Map<Point, string>> {
    const refused = new Map<Point, string>();
    const send = (part: readonly Point[]) => remoteWrite(server, [{ labels, points: part }], signal);

    async function offerPart(part: readonly Point[]): Promise<void> {
      const [first, ...later] = part.filter((point) => !isKnownTooOld(point, refused));
      if (first === undefined) return;
      const said = await send([first, ...later]);
      if (said === undefined) return;
      if (later.length === 0) return refuse(first, said);
      if (isBehind(said)) return offerOldestFirst([first, ...later]);
      const middle = (later.length + 1) >> 1;
      await offerPart([first, ...later].slice(0, middle));
      await offerPart([first, ...later].slice(middle));
    }

    /** One by one up to the first that is taken: only what is refused may be tried without shutting out others. */
    async function offerOldestFirst(part: readonly Point[]): Promise<void> {
      for (const [index, point] of part.entries()) {
        const said = await send([point]);
        if (said === undefined) return offerPart(part.slice(index + 1));
        refuse(point, said);
      }
    }

    function refuse(point: Point, reason: string): void {
      refused.set(point, reason);
      if (isTooOld(reason) && (tooOld === undefined || tooOld.time < point.time)) {
        tooOld = { time: point.time, reason };
      }
    }

    await offerPart(points);
    return refused;
  }

  function isKnownTooOld(point: Point, refused: Map<Point, string>): boolean {
    if (tooOld === undefined || point.time > tooOld.time) return false;
    refused.set(point, tooOld.reason);
    return true;
  }

  return async (request: readonly SeriesPoints[], said: string, signal: AbortSignal): Promise<Refused[]> => {
    const refused: Refused[] = [];
    for (const series of await absent(request, signal)) {
      const reasons =
        request.length === 1 && series.points.length === 1
          ? alone(series, said)
          : await offer(series, signal);
      if (reasons.size === 0) continue;
      for (const still of await absent([{ ...series, points: [...reasons.keys()] }], signal)) {
        refused.push(...byReason(still, reasons));
      }
    }
    return refused;
  };
}

const alone = ({ points }: SeriesPoints, said: string): Map<Point, string> =>
  new Map(points.map((point) => [point, said]));

/** One entry for each reason. */
function byReason({ labels, points }: SeriesPoints, reasons: ReadonlyMap<Point, string>): Refused[] {
  const groups = Map.groupBy(points, (point) => reasons.get(point) ?? "refused");
  return [...groups].map(([reason, some]) => ({
    labels,
    points: some.toSorted((a, b) => a.time - b.time),
    reason,
  }));
}
