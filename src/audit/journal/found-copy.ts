/**
 * Finds a trail's lines in the home copy when the home does not remember the trail, because its project was moved or
 * `trails/` was emptied. The chain still tells which lines belong to this trail.
 */
import { dirname, join } from "node:path";
import { entriesIn, isThere } from "../../storage/entries.ts";
import { readOwnText } from "../../storage/own-file.ts";
import { SMALL_BYTES_MAX } from "../format/limits.ts";
import { lineOf, type TrailLine } from "../format/trail-line.ts";
import type { Head, Home } from "./home.ts";
import { allLinesBackward, hasEvent } from "./segments.ts";

/** Which events a trail holds, by number and hash. */
interface KnownEvents {
  has(line: TrailLine): boolean;
}

type Tip = Pick<Head, "seq" | "hash">;

/** At most this many lines of other trails are remembered during the search. */
const OTHERS_MAX = 1_000_000;

/** Without a file: the trail's device and inode at that time are unknown. */
const headOf = (tip: Tip): Head => ({ ...tip, dev: 0, ino: 0 });

/**
 * The newest event in the copy that continues the trail at `file`, or else the newest that both have; `undefined` when the
 * copy has nothing of this trail. @throws TrailError when the copy cannot be read
 */
export function headFromCopy(home: Home, file: string, known: KnownEvents): Head | undefined {
  const following = new Map<string, Tip>();
  let newest: Tip | undefined;
  for (const line of allLinesBackward(home.log)) {
    const one = { seq: line.seq, hash: line.hash };
    if (known.has(line)) {
      newest ??= one;
      const tip = tipAfter(one, following);
      if (tip !== one && !isElsewhere(home, file, tip.hash) && !hasEvent(file, tip)) return headOf(tip);
    } else if (line.prevHash !== "" && following.size < OTHERS_MAX) following.set(line.prevHash, one);
  }
  return newest === undefined ? undefined : headOf(newest);
}

/** The lines of the copy that follow a trail's last event, oldest first; none if that trail continues elsewhere. @throws TrailError */
export function linesBeyond(home: Home, file: string, last: Tip): readonly string[] {
  if (last.seq === 0) return []; // every trail begins like this
  const lines = home.linesFollowing(last.hash);
  const newest = lines.at(-1);
  return newest === undefined || isElsewhere(home, file, lineOf(newest).hash) ? [] : lines;
}

function tipAfter(from: Tip, following: ReadonlyMap<string, Tip>): Tip {
  let tip = from;
  for (let next = following.get(tip.hash); next !== undefined && next.seq > tip.seq; ) {
    tip = next;
    next = following.get(tip.hash);
  }
  return tip;
}

/** Whether the event is in another trail that still exists. Then this trail is a copy of that one, and nothing was cut off. */
function isElsewhere(home: Home, file: string, hash: string): boolean {
  const folder = join(dirname(home.log), "trails");
  const heads = entriesIn(folder).filter(({ name }) => name.endsWith(".json"));
  return heads.some(({ name }) => {
    const other = fieldsOf(join(folder, name));
    return other.hash === hash && other.file !== file && isThere(other.file);
  });
}

function fieldsOf(path: string): { readonly hash: string; readonly file: string } {
  try {
    const { hash, file } = JSON.parse(readOwnText(path, SMALL_BYTES_MAX));
    return { hash: String(hash), file: String(file) };
  } catch {
    return { hash: "", file: "" }; // cut by a power failure, so it tells nothing
  }
}
