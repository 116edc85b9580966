import { type Entry, type EntryList, lowerBound } from "./entry.ts";
import { type Labels, labelString } from "./labels.ts";
import type { Matcher } from "./logql.ts";
import { matches } from "./matcher.ts";
import { createStoredEntries, type StoredEntries } from "./stored.ts";

export interface Stream {
  readonly labels: Labels;
  /** The labels as text: the stream's identity and its place among others. */
  readonly key: string;
  readonly entries: EntryList;
}

/** A run of one stream's entries: indexes from `low` up to, not including, `high`. */
export interface Slice {
  readonly stream: Stream;
  readonly low: number;
  readonly high: number;
}

/** One tenant's streams, in the order of their labels' text. */
export interface Store {
  readonly streams: readonly Stream[];
  /** The stored stream of these labels, made when it is not there. */
  stored(labels: Labels): StoredEntries;
  has(labels: Labels): boolean;
  /** Adds a stream whose entries are made up on demand. */
  add(labels: Labels, entries: EntryList): void;
  /** Removes entries for good. */
  remove(isGone: (stream: Stream, entry: Entry) => boolean): void;
  /** What these matchers select with times in `[from, to)`; streams with nothing there are left out. */
  select(matchers: readonly Matcher[], from: bigint, to: bigint): Slice[];
}

export function createStore(): Store {
  const byKey = new Map<string, Stream>();
  const stored = new Map<string, StoredEntries>();
  let sorted: readonly Stream[] | undefined;

  const put = (labels: Labels, key: string, entries: EntryList): void => {
    byKey.set(key, { labels, key, entries });
    sorted = undefined;
  };
  const store: Store = {
    get streams() {
      sorted ??= [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
      return sorted;
    },
    has: (labels) => byKey.has(labelString(labels)),
    stored(labels) {
      const key = labelString(labels);
      const known = stored.get(key);
      if (known !== undefined) return known;
      const entries = createStoredEntries();
      stored.set(key, entries);
      put(labels, key, entries);
      return entries;
    },
    add: (labels, entries) => put(labels, labelString(labels), entries),
    remove(isGone) {
      for (const stream of store.streams) {
        const all = Array.from({ length: stream.entries.length }, (_, index) => stream.entries.entry(index));
        const left = all.filter((entry) => !isGone(stream, entry));
        if (left.length === all.length) continue;
        const entries = createStoredEntries();
        for (const entry of left) entries.insert(entry);
        stored.set(stream.key, entries);
        put(stream.labels, stream.key, entries);
      }
    },
    select(matchers, from, to) {
      return store.streams
        .filter((stream) => matches(stream.labels, matchers))
        .map((stream) => ({
          stream,
          low: lowerBound(stream.entries, from),
          high: lowerBound(stream.entries, to),
        }))
        .filter((slice) => slice.low < slice.high);
    },
  };
  return store;
}
