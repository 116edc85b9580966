/**
 * The border of a single binary: what is older than `query_store_max_look_back_period` before now is answered by the store,
 * what is younger by the ingesters, whose now is a little later. Flushed lines in between are in no answer and no count.
 * Source: pkg/querier/intervals.go, pkg/ingester/ingester.go `buildStoreRequest`; measured.
 */
import { type LokiLimits, ns } from "./limits.ts";
import type { Store } from "./store.ts";

export interface Hole {
  /** ns */
  readonly from: bigint;
  readonly to: bigint;
}

/** @param width ns for each request that is under way: a busy server's parts of a query begin further apart */
export function holeAt(now: bigint, limits: LokiLimits, width: bigint, underWay: number): Hole | undefined {
  const back = ns(limits.query_store_max_look_back_period);
  if (back === 0n || width === 0n) return undefined;
  return { from: now - back, to: now - back + width * BigInt(underWay) };
}

/** A query that ends before the border is the store's alone: it misses nothing. */
export function withHole(store: Store, hole: Hole | undefined): Store {
  if (hole === undefined) return store;
  return {
    ...store,
    select(matchers, from, to) {
      if (to <= hole.from) return store.select(matchers, from, to);
      return [
        ...store.select(matchers, from, hole.from),
        ...store.select(matchers, from > hole.to ? from : hole.to, to),
      ];
    },
  };
}
