/**
 * Repairs the end of a trail before something is appended. The unfinished line of a killed writer is set aside, missing
 * lines are put back from the home copy, and each finding becomes an event of its own.
 */
import { basename, dirname, join } from "node:path";
import { EVENT_BEGINS, eventOf, GENESIS, isProven } from "../format/chain.ts";
import { TrailError } from "../format/error.ts";
import type { NewEvent } from "../format/event.ts";
import { beginningOf, endOf, type FileEnd, tornOf } from "../format/lines.ts";
import { lineOf } from "../format/trail-line.ts";
import { truncateFile, writeDurably } from "./durable.ts";
import { linesBeyond } from "./found-copy.ts";
import type { Head, Home } from "./home.ts";
import { trailLinesBackward } from "./segments.ts";

/** The event that the next one continues. */
export interface LastEvent {
  readonly seq: number;
  readonly hash: string;
}

/** The end of a trail, ready to be appended to. */
export interface Repaired {
  readonly last: LastEvent;
  /** Events that report what was found. */
  readonly notices: readonly NewEvent[];
  /** Lines from the copy that the trail lost; they must be appended first. */
  readonly restored: readonly string[];
  /** Lines of the trail that the copy does not have yet. */
  readonly uncopied: readonly string[];
}

/** At most this many lines are added to a copy that is behind. */
const UNCOPIED_MAX = 10_000;

/**
 * Prepares the end of the trail for appending. The trail's lock must be held.
 * @param seen the file that this process last wrote to
 * @throws TrailError when the files cannot be read, or an unfinished line cannot be set aside
 */
export function repair(file: string, home: Home, seen?: Inode): Repaired {
  const notices: NewEvent[] = [];
  requireTrail(file);
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

/** A file that is not a trail was not put there to be appended to, and must not be cut. */
function requireTrail(file: string): void {
  const text = beginningOf(file) ?? "";
  if (EVENT_BEGINS.startsWith(text.slice(0, EVENT_BEGINS.length))) return;
  throw new TrailError(
    `${file} does not begin with an event, so it is not an audit trail and nothing is written to it`,
    {
      hint: "Move it away; the next command restores the trail from the home copy.",
    },
  );
}

function setAside(file: string, { size, torn }: FileEnd): NewEvent {
  const bytes = tornOf(file, { size, torn });
  const sha256 = Bun.SHA256.hash(bytes, "hex");
  const aside = join(dirname(file), `audit.torn-${sha256.slice(0, 16)}`);
  writeDurably(aside, bytes);
  truncateFile(file, size - torn);
  return found("an unfinished line", "success", { set_aside: basename(aside), bytes: torn, sha256 });
}

function lastLink(file: string): { link: LastEvent; unreadable: number } {
  let unreadable = 0;
  for (const { text } of trailLinesBackward(file)) {
    const event = eventOf(text);
    if (event !== undefined) return { link: linkTo(event), unreadable };
    unreadable += 1;
  }
  return { link: { seq: 0, hash: GENESIS }, unreadable };
}

const linkTo = ({ seq, hash }: LastEvent): LastEvent => ({ seq, hash });

/** The last event of these lines, which must be proven. */
function newestOf(lines: readonly string[]): LastEvent | undefined {
  const line = lines.at(-1);
  return line === undefined ? undefined : linkTo(lineOf(line));
}

/** Compares the end of the trail with what the home remembers. */
function compare(file: string, home: Home, last: LastEvent, head: Head | undefined): Repaired {
  const fits: Repaired = { last, notices: [], restored: [], uncopied: [] };
  if (head?.hash === last.hash) return fits;
  const beyond = head === undefined ? beyondIn(home, file, last) : [];
  const uncopied = beyond.length === 0 ? linesAfter(file, head) : undefined;
  if (uncopied !== undefined) return { ...fits, uncopied };
  const expected = head ?? linkTo(lineOf(beyond.at(-1) ?? ""));
  const what = endOf(file) === undefined ? "no file" : "events missing or changed";
  const { restored, newest, missing, forged } =
    head === undefined ? continued(beyond, last, expected.seq) : lost(home, last, head);
  const details = {
    ...(restored.length === 0 ? {} : { restored: restored.length }),
    ...(missing === undefined || restored.length === 0 ? {} : { missing }),
    ...(forged === 0 ? {} : { forged }),
    expected: { seq: expected.seq, hash: expected.hash },
    present: { ...last },
  };
  const outcome = missing === undefined ? "success" : "partial";
  const notice = found(what, restored.length === 0 || forged > 0 ? "failed" : outcome, details);
  return { last: newest, notices: [notice], restored, uncopied: [] };
}

/** If the copy cannot be read, it cannot be written either, and that error is reported then. */
function beyondIn(home: Home, file: string, last: LastEvent): readonly string[] {
  try {
    return linesBeyond(home, file, last);
  } catch (error) {
    if (error instanceof TrailError) return [];
    throw error;
  }
}

interface Lost {
  /** The lost lines that the copy has, oldest first. */
  readonly restored: readonly string[];
  /** The trail's last event once they are put back. */
  readonly newest: LastEvent;
  /** How many the copy lacks; absent when none is missing and all continue the trail. */
  readonly missing?: number;
  /** How many lines of the copy do not match their own hash; they are never put back. */
  readonly forged: number;
}

/** What the trail lost after `last`: up to the head, or as far as the copy goes if its own end is lost. */
function lost(home: Home, last: LastEvent, head: Head): Lost {
  const before = home.linesAfter(last.seq, head.hash);
  const restored = before.filter(isProven);
  const forged = before.length - restored.length;
  const [first] = restored;
  if (first !== undefined) {
    const whole: Lost = { restored, newest: newestOf(restored) ?? last, forged };
    const isWhole = forged === 0 && lineOf(first).prevHash === last.hash;
    return isWhole ? whole : { ...whole, missing: head.seq - last.seq - restored.length };
  }
  if (last.seq === 0 || forged > 0) return { restored: [], newest: last, forged }; // every trail begins like this
  return { missing: 0, ...continued(home.linesFollowing(last.hash), last, head.seq) };
}

/** The lines after `last` that are proven. @param seq the newest event that existed */
function continued(lines: readonly string[], last: LastEvent, seq: number): Lost {
  const restored = lines.filter(isProven);
  const newest = newestOf(restored) ?? last;
  const missing = seq - last.seq - restored.length;
  return { restored, newest, forged: lines.length - restored.length, ...(missing === 0 ? {} : { missing }) };
}

/** The lines after the one that the head names, oldest first; `undefined` when that line is missing. */
function linesAfter(file: string, head: Head | undefined): readonly string[] | undefined {
  const lines: string[] = [];
  for (const line of trailLinesBackward(file)) {
    if (head !== undefined && line.hasHash(head.hash)) return lines.reverse();
    if (head !== undefined && line.seq <= head.seq) return undefined;
    if (lines.length === UNCOPIED_MAX) return lines.reverse();
    lines.push(line.text);
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
