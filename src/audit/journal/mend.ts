/**
 * What stands at the end of a trail before something is added: a torn line of a writer that died is set aside, lines
 * that vanished are put back from the home copy, and whatever was found is said in an event of its own.
 */
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { GENESIS, parseLine } from "../format/chain.ts";
import type { NewEvent } from "../format/event.ts";
import { endOf, type FileEnd } from "../format/lines.ts";
import { truncateDurably, writeDurably } from "./durable.ts";
import type { Head, Home } from "./home.ts";
import { seqOf, trailLinesBackward } from "./segments.ts";

/** What the next event is chained to. */
export interface Link {
  readonly seq: number;
  readonly hash: string;
}

/** The end of a trail, fit to be appended to. */
export interface Mended {
  readonly last: Link;
  /** Events that say what was found. */
  readonly notices: readonly NewEvent[];
  /** Lines of the copy that the trail had lost and must be appended first. */
  readonly restored: readonly string[];
  /** Lines of the trail that the copy does not have yet. */
  readonly uncopied: readonly string[];
}

/** A copy that is further behind is brought up to date only this far, lines. */
const UNCOPIED_MAX = 10_000;

/**
 * Makes the end of the trail fit to append to. The trail's lock must be held.
 * @param seen the file that this process wrote to last
 * @throws TrailError when what is there cannot be read, or a torn line cannot be set aside
 */
export function mend(file: string, home: Home, seen?: Inode): Mended {
  const notices: NewEvent[] = [];
  const end = endOf(file);
  const head = home.readHead();
  if (end !== undefined && end.torn > 0) notices.push(setAside(file, end));
  if (
    seen !== undefined &&
    end !== undefined &&
    head !== undefined &&
    !isSame(end, seen) &&
    !isSame(end, head)
  ) {
    notices.push(
      found("another file in the trail's place", "success", { expected: name(seen), present: name(end) }),
    );
  }
  const { link, unreadable } = lastLink(file);
  if (unreadable > 0) notices.push(found("unreadable lines at the end", "failed", { lines: unreadable }));
  const compared = compare(file, home, link, head);
  return { ...compared, notices: [...notices, ...compared.notices] };
}

function setAside(file: string, { size, torn }: FileEnd): NewEvent {
  const bytes = readFileSync(file).subarray(size - torn);
  const sha256 = Bun.SHA256.hash(bytes, "hex");
  const aside = join(dirname(file), `audit.torn-${sha256.slice(0, 16)}`);
  writeDurably(aside, bytes);
  truncateDurably(file, size - torn);
  return found("an unfinished line", "success", { set_aside: basename(aside), bytes: torn, sha256 });
}

function lastLink(file: string): { link: Link; unreadable: number } {
  let unreadable = 0;
  for (const line of trailLinesBackward(file)) {
    const link = linkOf(line);
    if (link !== undefined) return { link, unreadable };
    unreadable += 1;
  }
  return { link: { seq: 0, hash: GENESIS }, unreadable };
}

function linkOf(line: string): Link | undefined {
  try {
    const { seq, hash } = parseLine(line);
    return { seq, hash };
  } catch {
    return undefined; // counted by the caller
  }
}

/** The end of the trail against what the home remembers of it. */
function compare(file: string, home: Home, last: Link, head: Head | undefined): Mended {
  const fits: Mended = { last, notices: [], restored: [], uncopied: [] };
  if (head?.hash === last.hash) return fits;
  const uncopied = linesAfter(file, head);
  if (uncopied !== undefined) return { ...fits, uncopied };
  if (head === undefined) return fits;
  const events = { expected: { seq: head.seq, hash: head.hash }, present: { ...last } };
  const what = endOf(file) === undefined ? "no file" : "events missing or changed";
  const { restored, newest, missing } = lost(home, last, head);
  if (restored.length === 0) return { ...fits, notices: [found(what, "failed", events)] };
  const details = { restored: restored.length, ...(missing === undefined ? {} : { missing }), ...events };
  const notices = [found(what, missing === undefined ? "success" : "partial", details)];
  return { last: newest, notices, restored, uncopied: [] };
}

interface Lost {
  /** What the copy has of it, oldest first. */
  readonly restored: readonly string[];
  /** The event that the trail ends with once they are put back. */
  readonly newest: Link;
  /** How many the copy does not have; absent when nothing is missing and all continues what is there. */
  readonly missing?: number;
}

/** What the trail has lost after `last`: up to the head, or, where the copy's own end is lost, as far as it goes. */
function lost(home: Home, last: Link, head: Head): Lost {
  const before = home.linesAfter(last.seq, head.hash);
  const [first] = before;
  const oldest = first === undefined ? undefined : parseLine(first);
  if (oldest !== undefined) {
    const whole: Lost = { restored: before, newest: { seq: head.seq, hash: head.hash } };
    return oldest.prev_hash === last.hash ? whole : { ...whole, missing: oldest.seq - last.seq - 1 };
  }
  if (last.seq === 0) return { restored: [], newest: last }; // many trails begin so
  const restored = home.linesFollowing(last.hash);
  const newest = linkOf(restored.at(-1) ?? "") ?? last;
  return { restored, newest, missing: head.seq - newest.seq };
}

/** The lines after the one that the head names, oldest first; `undefined` when that one is not there. */
function linesAfter(file: string, head: Head | undefined): readonly string[] | undefined {
  const lines: string[] = [];
  for (const line of trailLinesBackward(file)) {
    if (head !== undefined && line.endsWith(`"hash":"${head.hash}"}`)) return lines.reverse();
    if (head !== undefined && seqOf(line) <= head.seq) return undefined;
    if (lines.length === UNCOPIED_MAX) return lines.reverse();
    lines.push(line);
  }
  return head === undefined ? lines.reverse() : undefined;
}

const found = (
  what: string,
  outcome: "success" | "partial" | "failed",
  details: NonNullable<NewEvent["details"]>,
): NewEvent => ({ operation: "trail_repair", outcome, details: { found: what, ...details } });

type Inode = Pick<FileEnd, "dev" | "ino">;
const isSame = (a: Inode, b: Inode): boolean => a.dev === b.dev && a.ino === b.ino;
const name = ({ dev, ino }: Inode): string => `device ${dev}, inode ${ino}`;
