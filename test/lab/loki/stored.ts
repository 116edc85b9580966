import { type Entry, type EntryList, lowerBound } from "./entry.ts";
import { hasError } from "./shown.ts";

/** Entries in one growing byte buffer beside typed arrays of times and offsets: about their own size in memory. */
export interface StoredEntries extends EntryList {
  /** Inserts after the entries of the same time; false when exactly this entry is there already. */
  insert(entry: Entry): boolean;
  /** The newest time so far, -1n when empty. */
  readonly newest: bigint;
}

/** Where an entry's text begins, where its metadata begins, and where it ends. */
const FIELDS = 3;

export function createStoredEntries(): StoredEntries {
  let text = Buffer.alloc(256);
  let used = 0;
  let times = new BigInt64Array(4);
  let places = new Uint32Array(4 * FIELDS);
  let length = 0;

  const time = (index: number): bigint => times[index] ?? 0n;
  const place = (index: number, field: number): number => places[index * FIELDS + field] ?? 0;
  const entry = (index: number): Entry => ({
    time: time(index),
    line: text.toString("utf8", place(index, 0), place(index, 1)),
    metadata: text.toString("utf8", place(index, 1), place(index, 2)),
  });

  function makeRoom(bytes: number): void {
    if (used + bytes > text.length) {
      const larger = Buffer.alloc(Math.max(used + bytes, text.length * 2));
      text.copy(larger, 0, 0, used);
      text = larger;
    }
    if (length < times.length) return;
    const [moreTimes, morePlaces] = [new BigInt64Array(length * 2), new Uint32Array(length * 2 * FIELDS)];
    moreTimes.set(times);
    morePlaces.set(places);
    [times, places] = [moreTimes, morePlaces];
  }

  function holds(wanted: Entry, from: number, to: number, bytes: number): boolean {
    for (let index = from; index < to; index += 1) {
      if (place(index, 2) - place(index, 0) !== bytes) continue;
      const known = entry(index);
      if (known.line === wanted.line && known.metadata === wanted.metadata) return true;
    }
    return false;
  }

  function write(added: Entry, at: number): void {
    times.copyWithin(at + 1, at, length);
    places.copyWithin((at + 1) * FIELDS, at * FIELDS, length * FIELDS);
    times[at] = added.time;
    places[at * FIELDS] = used;
    used += text.write(added.line, used);
    places[at * FIELDS + 1] = used;
    used += text.write(added.metadata, used);
    places[at * FIELDS + 2] = used;
    length += 1;
  }

  let hasErrors = false;
  const list: StoredEntries = {
    get hasErrors() {
      return hasErrors;
    },
    get length() {
      return length;
    },
    get newest() {
      return length === 0 ? -1n : time(length - 1);
    },
    time,
    entry,
    insert(added) {
      const bytes = Buffer.byteLength(added.line) + Buffer.byteLength(added.metadata);
      const inOrder = added.time > list.newest;
      const end = inOrder ? length : lowerBound(list, added.time + 1n);
      if (!inOrder && holds(added, lowerBound(list, added.time), end, bytes)) return false;
      hasErrors ||= hasError(added);
      makeRoom(bytes);
      write(added, end);
      return true;
    },
  };
  return list;
}
