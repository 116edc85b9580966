/**
 * Which items the cursors of one export have named. What several windows list, such as a trace that reaches over their border,
 * is read by the first one that lists it, whatever it looks like when the others do.
 */
import type { Cursor } from "../contract/contract.ts";
import { onceIn } from "../contract/cursor-range.ts";
import { createKeySet } from "../units/key-set.ts";

/** The items named so far: some 11 bytes for each. */
export interface Once {
  /**
   * The cursors without what others have named; those that nothing is left of are dropped. What they name is theirs from now on,
   * until they are committed ({@link Once.keep}) or turn out not to be ({@link Once.release}).
   */
  claim(cursors: readonly Cursor[]): readonly Cursor[];
  /** Notes what committed cursors name. */
  keep(cursors: readonly Cursor[]): void;
  /** Gives back what was claimed for cursors that were not committed. */
  release(cursors: readonly Cursor[]): void;
}

/** Nothing is named yet. */
export function createOnce(): Once {
  const kept = createKeySet();
  const claimed = new Set<string>();
  const take = (name: string): boolean => {
    if (kept.has(name) || claimed.has(name)) return false;
    claimed.add(name);
    return true;
  };
  const release = (cursors: readonly Cursor[]): void => {
    for (const name of namesIn(cursors)) claimed.delete(name);
  };
  return {
    release,
    claim: (cursors) => cursors.flatMap((cursor) => left(cursor, take)),
    keep(cursors) {
      for (const name of namesIn(cursors)) kept.add(name);
      release(cursors);
    },
  };
}

function* namesIn(cursors: readonly Cursor[]): Generator<string> {
  for (const cursor of cursors) yield* Object.keys(onceIn(cursor) ?? {});
}

/** The cursor with those of its items that can be taken; none when there are none. */
function left(cursor: Cursor, take: (name: string) => boolean): Cursor[] {
  const once = onceIn(cursor);
  if (once === undefined) return [cursor];
  const mine = Object.entries(once).filter(([name]) => take(name));
  if (mine.length === 0) return [];
  return [mine.length === Object.keys(once).length ? cursor : { ...cursor, once: Object.fromEntries(mine) }];
}
