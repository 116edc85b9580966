/** What has passed, by upstream. */
import type { UpstreamFigures } from "../metrics/activity.ts";

/** How a request ended: as the upstream answered it, or without that. */
type Outcome = "ok" | "refused" | "left" | "stopped" | "failed";

/** Requests that ask a model are noted; the others are only counted. */
type RequestKind = "run" | "other";

/** One request that is counted. */
interface Counted {
  sent(bytes: number): void;
  received(bytes: number): void;
  /** The first end counts. */
  end(outcome: Outcome): void;
}

/** See {@link createRelayCounts}. */
export interface RelayCounts {
  begin(upstream: string, kind: RequestKind): Counted;
  /** A run could not be written. */
  lost(upstream: string): void;
  /** A label of a request was no such thing, and was left out. */
  malformed(upstream: string): void;
  all(): UpstreamFigures[];
  /** Requests that have not ended, of all upstreams. */
  open(): number;
}

interface Sums {
  readonly requests: Map<string, number>;
  sent: number;
  received: number;
  open: number;
  lost: number;
  malformed: number;
}

const NONE = { sent: 0, received: 0, open: 0, lost: 0, malformed: 0 };

/** @param names of the upstreams: there are no more counts than these */
export function createRelayCounts(names: Iterable<string>): RelayCounts {
  const sums = new Map<string, Sums>();
  for (const name of names) sums.set(name, { requests: new Map(), ...NONE });
  let open = 0;
  return {
    begin(upstream, kind) {
      const sum = sums.get(upstream);
      if (sum === undefined) throw new RangeError(`no upstream ${upstream}`);
      let isOpen = true;
      sum.open += 1;
      open += 1;
      return {
        sent(bytes) {
          sum.sent += bytes;
        },
        received(bytes) {
          sum.received += bytes;
        },
        end(outcome) {
          if (!isOpen) return;
          isOpen = false;
          sum.open -= 1;
          open -= 1;
          const key = `${kind} ${outcome}`;
          sum.requests.set(key, (sum.requests.get(key) ?? 0) + 1);
        },
      };
    },
    open: () => open,
    lost(upstream) {
      const sum = sums.get(upstream);
      if (sum !== undefined) sum.lost += 1;
    },
    malformed(upstream) {
      const sum = sums.get(upstream);
      if (sum !== undefined) sum.malformed += 1;
    },
    all: () =>
      [...sums].map(([upstream, { requests, ...sum }]) => ({
        ...{ upstream, ...sum },
        requests: [...requests].map(([key, count]) => {
          const [kind = "", outcome = ""] = key.split(" ");
          return { kind, outcome, count };
        }),
      })),
  };
}
