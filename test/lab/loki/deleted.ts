/**
 * What delete requests do: one that waits hides what it matches from queries, one whose cancel period is over takes it away.
 * Source: pkg/compactor/deletion/delete_request.go.
 */
import { type DeleteRequest, waits } from "./deletes.ts";
import type { Entry, EntryList } from "./entry.ts";
import { labelValue } from "./labels.ts";
import type { LokiLimits } from "./limits.ts";
import type { LogQuery } from "./logql.ts";
import { matches, passes } from "./matcher.ts";
import { parseSelector } from "./parser.ts";
import { allLabels } from "./shown.ts";
import type { Store, Stream } from "./store.ts";
import type { Tenant } from "./tenants.ts";

/** A request with its query read. Times are ns, both included. */
interface Deletion {
  readonly query: LogQuery;
  readonly from: bigint;
  readonly to: bigint;
}

/** Shows only what no request that waits hides. */
export function withoutDeleted(
  store: Store,
  requests: readonly DeleteRequest[],
  limits: LokiLimits,
  now: bigint,
): Store {
  const hiding = requests.filter((one) => waits(one, limits, now) || limits.deletion_mode === "filter-only");
  if (hiding.length === 0) return store;
  const deletions = hiding.map(deletionOf);
  const select: Store["select"] = (matchers, from, to) =>
    store.select(matchers, from, to).flatMap((slice) => {
      const shown = indexesIn(slice).filter(
        (index) => !deletes(deletions, slice.stream, slice.stream.entries.entry(index)),
      );
      const entries = listOf(slice.stream.entries, shown);
      return shown.length === 0 ? [] : [{ stream: { ...slice.stream, entries }, low: 0, high: shown.length }];
    });
  return { ...store, streams: store.streams, select };
}

const indexesIn = ({ low, high }: { readonly low: number; readonly high: number }): number[] =>
  Array.from({ length: high - low }, (_, index) => low + index);

const listOf = (all: EntryList, indexes: readonly number[]): EntryList => ({
  length: indexes.length,
  ...(all.hasErrors === undefined ? {} : { hasErrors: all.hasErrors }),
  time: (index) => all.time(indexes[index] ?? 0),
  entry: (index) => all.entry(indexes[index] ?? 0),
});

/** Does what requests ask for whose time has come. */
export function carryOutDeletes({ store, deletes: list }: Tenant, limits: LokiLimits, now: bigint): void {
  if (limits.deletion_mode !== "filter-and-delete") return;
  const due = list.filter((one) => one.status === "received" && !waits(one, limits, now));
  if (due.length === 0) return;
  const deletions = due.map(deletionOf);
  store.remove((stream, entry) => deletes(deletions, stream, entry));
  for (const one of due) one.status = "processed";
}

const deletionOf = ({ query, start_time, end_time }: DeleteRequest): Deletion => ({
  query: parseSelector(query),
  from: toNs(start_time),
  to: toNs(end_time),
});

const toNs = (seconds: number): bigint => BigInt(Math.round(seconds * 1000)) * 1_000_000n;

function deletes(deletions: readonly Deletion[], stream: Stream, entry: Entry): boolean {
  return deletions.some(({ query, from, to }) => {
    if (entry.time < from || entry.time > to || !matches(stream.labels, query.matchers)) return false;
    const labels = allLabels(stream, entry);
    return passes(query.filters, JSON.parse(entry.line), (name) => labelValue(labels, name));
  });
}
