/**
 * The copy of every project's events in the user's home. `audit.log` holds each line verbatim and outlives the project's
 * directory; `trails/` remembers the newest copied event of each trail. Both give away a trail that was shortened, replaced
 * or rewritten.
 */
import { basename, dirname, join } from "node:path";
import { makeOwnDirectory, readOwnText } from "../../storage/own-file.ts";
import { overwriteStart } from "../../storage/unsynced.ts";
import { SMALL_BYTES_MAX } from "../format/limits.ts";
import { endOf } from "../format/lines.ts";
import { lineOf, type TrailLine } from "../format/trail-line.ts";
import { appendText, makeDirectory } from "./durable.ts";
import { withTrailLock } from "./lock.ts";
import { closeSegment } from "./rotate.ts";
import { allLinesBackward, closedSegments } from "./segments.ts";

/** The newest event of a trail that this home has a copy of. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
  /** Device and inode of the trail's file then. */
  readonly dev: number;
  readonly ino: number;
}

/** What the user's home has of one trail. */
export interface Home {
  /** The key that signs this trail's checkpoints, and the newest one: out of reach of anyone who can only write to the project. */
  readonly keyFile: string;
  /** Lets one process of this user write to the trail at a time, even if somebody removes the lock beside the trail. */
  readonly lockFile: string;
  readonly checkpointFile: string;
  /** The copy of all projects' events. */
  readonly log: string;
  readHead(): Head | undefined;
  /** Not fsynced, because an older one is still correct. */
  writeHead(head: Head): void;
  /** The head as written by a version that did not ask for agreement to a project yet, and the trail's file at that time. */
  readEarlyHead(): (Head & { readonly file: string }) | undefined;
  /** Appends lines to the copy, durably. @throws TrailError */
  copy(lines: readonly string[]): Promise<void>;
  /**
   * The copied lines that lead up to the event with the hash `newest`, only events after number `after`, oldest first: as far
   * back as the copy goes, and at most 64 MiB. @throws TrailError
   */
  linesAfter(after: number, newest: string): readonly string[];
  /**
   * The copied lines that follow the event with the hash `after`, oldest first, as far as each continues the one before. For a
   * copy whose own newest lines are lost. At most 64 MiB. @throws TrailError
   */
  linesFollowing(after: string): readonly string[];
  /** The copied events that lead up to the one with this hash, newest first, as far back as the copy goes. @throws TrailError */
  copiesUpTo(newest: string): Iterable<TrailLine>;
}

/** A fixed length, so that a shorter head overwrites all of a longer one. */
const HEAD_BYTES = 1023;

/** The copy's file is closed at this size, because a closed file is read whole. bytes */
const LOG_BYTES_MAX = 16 * 1024 * 1024;

/** At most this much of a lost trail is put back at once. */
const RESTORED_BYTES_MAX = 64 * 1024 * 1024;

/** The copy's current file. @param directory `~/.contextcore` */
export const copyLog = (directory: string): string => join(directory, "audit.log");

/** Runs the work while no other process writes to the copy at `log`. @throws TrailError as {@link withTrailLock} */
export async function withHomeLock<Result>(log: string, work: () => Promise<Result>): Promise<Result> {
  makeDirectory(dirname(log), 0o700);
  return withTrailLock(join(dirname(log), "home.lock"), work);
}

/** What the home knows about one trail. Nothing is read yet. @param directory `~/.contextcore` @param file the trail's file, absolute */
export function openHome(directory: string, file: string): Home {
  const log = copyLog(directory);
  const stem = join(directory, "trails", trailName(file));
  const head = `${stem}.json`;
  return {
    keyFile: `${stem}.key`,
    lockFile: join(directory, "locks", `${trailName(file)}.lock`),
    checkpointFile: `${stem}.checkpoint`,
    log,
    readHead: () => readHead(head),
    writeHead: (state) => writeHead(head, { file, ...state, asks: true }),
    readEarlyHead: () => readEarlyHead(head),
    copy: (lines) => copy(log, lines),
    linesAfter: (after, newest) => linesAfter(log, after, newest),
    linesFollowing: (after) => linesFollowing(log, after),
    copiesUpTo: (newest) => copiesUpTo(log, newest),
  };
}

async function copy(log: string, lines: readonly string[]): Promise<void> {
  await withHomeLock(log, async () => {
    if ((endOf(log)?.size ?? 0) >= LOG_BYTES_MAX) {
      const number = (closedSegments(log).at(-1)?.last ?? 0) + 1; // they hold events of many projects, so the files are simply numbered
      closeSegment(log, number, number).finish();
    }
    const healing = (endOf(log)?.torn ?? 0) > 0 ? "\n" : ""; // so that what a killed writer left stays on its own line
    appendText(log, `${healing}${lines.join("\n")}\n`, 0o600);
  });
}

/** Readable, and different for two trails of the same name. */
function trailName(file: string): string {
  const project = basename(dirname(dirname(file))).replace(/[^\w.-]/g, "_");
  return `${project}-${Bun.SHA256.hash(file, "hex").slice(0, 16)}`;
}

/** Overwrites the old one in a single call, because a rename for each event would cost more than the event. */
function writeHead(path: string, head: Head & { readonly file: string; readonly asks: true }): void {
  makeOwnDirectory(dirname(path), dirname(path), 0o700);
  overwriteStart(path, `${JSON.stringify(head).padEnd(HEAD_BYTES)}\n`, 0o600);
}

function readHead(path: string): Head | undefined {
  const { seq, hash, dev, ino } = fieldsOf(path);
  return Number.isSafeInteger(seq) && typeof hash === "string" ? { seq, hash, dev, ino } : undefined;
}

function readEarlyHead(path: string): (Head & { readonly file: string }) | undefined {
  const { file, asks } = fieldsOf(path);
  const head = readHead(path);
  return head === undefined || asks === true || typeof file !== "string" ? undefined : { ...head, file };
}

function fieldsOf(path: string) {
  try {
    const [line = ""] = readOwnText(path, SMALL_BYTES_MAX).split("\n");
    return JSON.parse(line) ?? {};
  } catch {
    return {}; // nothing is known about this trail yet, or a power failure cut it: the chain itself still tells
  }
}

function linesAfter(log: string, after: number, newest: string): readonly string[] {
  const found: string[] = [];
  let bytes = 0;
  for (const { seq, text } of copiesUpTo(log, newest)) {
    if (seq <= after) break;
    bytes += text.length;
    if (bytes > RESTORED_BYTES_MAX) break;
    found.push(text);
  }
  return found.reverse();
}

function linesFollowing(log: string, after: string): readonly string[] {
  const byPrev = new Map<string, string>();
  let bytes = 0;
  for (const line of allLinesBackward(log)) {
    bytes += line.end - line.start;
    if (line.hasHash(after) || bytes > RESTORED_BYTES_MAX) break;
    if (line.prevHash !== "") byPrev.set(line.prevHash, line.text);
  }
  const found: string[] = [];
  let newest = { seq: 0, hash: after };
  for (let text = byPrev.get(after); text !== undefined; text = byPrev.get(newest.hash)) {
    const { seq, hash } = lineOf(text);
    if (seq <= newest.seq) break; // forged lines could form a circle
    found.push(text);
    newest = { seq, hash };
  }
  return found;
}

/** Follows `prev_hash` backward through the events of all projects, skipping lines that were copied twice. */
function* copiesUpTo(log: string, newest: string): Generator<TrailLine> {
  let wanted = newest;
  for (const line of allLinesBackward(log)) {
    if (!line.hasHash(wanted)) continue;
    wanted = line.prevHash;
    yield line;
  }
}
