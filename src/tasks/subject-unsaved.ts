/** What servers hold of one person that no snapshot has, so that it gets no tombstone. */
import { createKeySet } from "../units/key-set.ts";
import type { Search } from "./subject-found.ts";
import type { Heard } from "./subject-in-kept.ts";

/** Records of a backend. */
export interface Unsaved {
  readonly backend: string;
  readonly unit: string;
  readonly count: number;
}

/** Counts the records of each backend while snapshots are looked through, however many of these hold one. */
interface SavedCount extends Required<Pick<Heard, "onRecord" | "onStored">> {
  /** How much more its server holds, of each backend. At least: what was saved under another time is not told apart. */
  unsavedIn(search: Pick<Search, "servers">): readonly Unsaved[];
}

/** Counts nothing yet. */
export function countSaved(): SavedCount {
  const seen = createKeySet();
  const counts = new Map<string, number>();
  const add = (backend: string, key: string, count: number): void => {
    if (seen.add(`${backend} ${key}`)) counts.set(backend, (counts.get(backend) ?? 0) + count);
  };
  return {
    onRecord: ({ backend, file, record }) => add(backend, `${file} ${record.content}`, 1),
    onStored: ({ content, count }, { backend, file }) => add(backend, `${file} ${content}`, count),
    unsavedIn: ({ servers }) =>
      servers.flatMap(({ backend, found }) => {
        const there = found.reduce((sum, { count }) => sum + count, 0);
        const count = there - (counts.get(backend) ?? 0);
        return count > 0 ? [{ backend, unit: found[0]?.unit ?? "records", count }] : [];
      }),
  };
}
