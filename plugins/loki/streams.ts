/** Stream labels: which ones are the server's own bookkeeping, and what makes two streams the same. */
import { objectOf, v } from "contextcore";
import type { Labels } from "./selector.ts";

/**
 * Labels that Loki adds to spread a busy stream, or to mark its origin. They are not data: two streams that differ only in them
 * are one. Source: pkg/ingester/instance.go, pkg/distributor/distributor.go, pkg/util/constants.
 */
const BOOKKEEPING: readonly string[] = [
  "__stream_shard__",
  "__time_shard__",
  "__backfill__",
  "__backfill_shard__",
];

/**
 * The single label of the streams that Loki writes about other streams, which are nobody's logs. It must not appear in a
 * selector, not even as absent: Loki then returns 200 and nothing, for logs and counts alike
 * (pkg/querier/limits/validation.go, `ValidateAggregatedMetricQuery`; measured).
 */
const INTERNAL: readonly string[] = ["__aggregated_metric__", "__pattern__"];

/** Whether Loki itself writes the streams with this label. */
export const isInternal = (name: string): boolean => INTERNAL.includes(name);

/** Whether Loki adds this label to users' streams by itself. */
export const isBookkeeping = (name: string): boolean => BOOKKEEPING.includes(name);

/** The labels without the server's own; the same object if there are none. */
export function ownLabels(labels: Labels): Labels {
  if (!BOOKKEEPING.some((name) => Object.hasOwn(labels, name))) return labels;
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !isBookkeeping(name)));
}

/** The same text for the same labels in any order. */
export const streamKey = (labels: Labels): string =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

/** A stream's labels, or an entry's structured metadata. */
export const labelSet = objectOf(v.string());
