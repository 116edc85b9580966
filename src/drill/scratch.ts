/** The directory in which a drill works: it goes with the drill, and what a killed one has left goes with the next. */
import { join } from "node:path";
import { entriesIn, isThere } from "../storage/entries.ts";
import { type Lock, tryLock } from "../storage/lock.ts";
import {
  makeNamedDirectory,
  makeNewDirectory,
  readOwnText,
  requireOwnDirectories,
} from "../storage/own-file.ts";
import { createNote } from "../storage/unsynced.ts";
import { discardDirectory } from "../storage/whole-directory.ts";
import { markOf, stateOf, toProcessMark } from "../units/process-mark.ts";

/** Where one drill writes everything: restored files, what was read back, servers of its own. */
export interface DrillScratch extends AsyncDisposable {
  readonly directory: string;
  /** Makes an empty folder. */
  folder(name: string): string;
  /** A process that has to end with the drill, even if the drill is killed. */
  owns(pid: number): void;
}

const LOCK = "lock";
const PROCESS = "process-";

/** Makes a new one beside the snapshots. @throws what the system refuses */
export function openDrillScratch(backups: string, name: string): DrillScratch {
  const parent = parentOf(backups);
  makeNamedDirectory(parent);
  requireOwnDirectories(parent);
  const { directory, lock } = newDirectory(parent, name);
  return {
    directory,
    folder(below) {
      const path = join(directory, below);
      makeNamedDirectory(path);
      return path;
    },
    owns(pid) {
      const mark = markOf(pid);
      if (mark !== undefined) createNote(join(directory, `${PROCESS}${pid}`), JSON.stringify(mark));
    },
    async [Symbol.asyncDispose]() {
      await discard(directory, lock);
    },
  };
}

/** Removes what drills left behind that were killed, and ends their servers. @returns how many there were */
export async function discardLeftovers(backups: string): Promise<number> {
  const parent = parentOf(backups);
  if (!isThere(parent)) return 0;
  requireOwnDirectories(parent);
  let gone = 0;
  for (const { name, kind } of entriesIn(parent)) {
    const directory = join(parent, name);
    if (kind !== "directory") continue;
    const lock = tryLock(join(directory, LOCK));
    // Another drill is at work there.
    if (lock === undefined) continue;
    await discard(directory, lock);
    gone += 1;
  }
  return gone;
}

const parentOf = (backups: string): string => join(backups, ".drills");

/** Until it is locked another drill takes it for one that was left behind, and removes it: then the next name is tried. */
function newDirectory(parent: string, name: string): { readonly directory: string; readonly lock: Lock } {
  for (let number = 1; ; number += 1) {
    const directory = join(parent, number === 1 ? name : `${name}-${number}`);
    const lock = makeNewDirectory(directory) ? lockIn(directory) : undefined;
    if (lock?.isInPlace()) return { directory, lock };
    lock?.release();
  }
}

/** `undefined`: another drill is removing it. @throws what the system refuses */
function lockIn(directory: string): Lock | undefined {
  try {
    return tryLock(join(directory, LOCK));
  } catch (error) {
    if (isThere(directory)) throw error;
    return undefined;
  }
}

async function discard(directory: string, lock: Lock | undefined): Promise<void> {
  endProcesses(directory);
  await discardDirectory(directory);
  lock?.release();
}

const MARK_BYTES_MAX = 10_000;

/** An id alone may be another process's by now. */
function endProcesses(directory: string): void {
  for (const { name } of entriesIn(directory).filter((one) => one.name.startsWith(PROCESS))) {
    const mark = readMark(join(directory, name));
    if (mark !== undefined && stateOf(mark) === "running") process.kill(mark.pid, "SIGKILL");
  }
}

/** `undefined` for a note that a power cut left empty or torn: no process has outlived that. */
function readMark(path: string): ReturnType<typeof toProcessMark> {
  const text = readOwnText(path, MARK_BYTES_MAX);
  try {
    return toProcessMark(JSON.parse(text));
  } catch {
    return undefined;
  }
}
