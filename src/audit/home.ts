/**
 * The copy of every project's events in the user's home: `audit.log` holds each line verbatim and outlives the project's
 * directory; `trails/` remembers, for each trail, up to where the copy has it. Both bear witness against a trail that
 * was shortened, replaced or rewritten.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { makeDirectory, type PendingAppend, startAppend } from "./durable.ts";
import { endOf, linesBackward } from "./lines.ts";
import { acquireLock } from "./lock.ts";

/** The newest event of a trail that this home has a copy of. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
  /** Device and inode of the trail's file then. */
  readonly dev: number;
  readonly ino: number;
}

export interface Home {
  /** The copy of all projects' events. */
  readonly log: string;
  readHead(): Head | undefined;
  /** Not fsynced: an older one is still true. */
  writeHead(head: Head): void;
  /** Appends lines to the copy; other writers wait until it is ended. @throws TrailError */
  startCopy(lines: readonly string[]): Promise<PendingAppend>;
  /** The copied lines that lead from the event after `after` (its hash) to `newest`, oldest first; `undefined`: not all there. */
  linesBetween(after: string, newest: string): readonly string[] | undefined;
}

/** How much of a lost trail is put back at once. */
const RESTORED_BYTES_MAX = 64 * 1024 * 1024;

/** @param directory `~/.contextcore` @param file the trail's file, absolute */
export function openHome(directory: string, file: string): Home {
  const log = join(directory, "audit.log");
  const head = join(directory, "trails", headName(file));
  return {
    log,
    readHead: () => readHead(head),
    writeHead(state) {
      const temporary = `${head}.${process.pid}.tmp`;
      mkdirSync(dirname(head), { recursive: true, mode: 0o700 });
      writeFileSync(temporary, `${JSON.stringify({ file, ...state })}\n`, { mode: 0o600 });
      renameSync(temporary, head);
    },
    startCopy: (lines) => startCopy(log, join(directory, "audit.lock"), lines),
    linesBetween: (after, newest) => linesBetween(log, after, newest),
  };
}

async function startCopy(log: string, lock: string, lines: readonly string[]): Promise<PendingAppend> {
  await makeDirectory(dirname(log), 0o700);
  const release = await acquireLock(lock);
  try {
    const healing = (endOf(log)?.torn ?? 0) > 0 ? "\n" : ""; // what a dead writer left stays on its own line
    const pending = await startAppend(log, `${healing}${lines.join("\n")}\n`, 0o600);
    return { settle: pending.settle, end: (keep) => pending.end(keep).finally(release) };
  } catch (error) {
    release();
    throw error;
  }
}

/** Readable, and different for two trails of the same name. */
function headName(file: string): string {
  const project = basename(dirname(dirname(file))).replace(/[^\w.-]/g, "_");
  return `${project}-${Bun.SHA256.hash(file, "hex").slice(0, 16)}.json`;
}

function readHead(path: string): Head | undefined {
  try {
    const { seq, hash, dev, ino } = JSON.parse(readFileSync(path, "utf8"));
    return Number.isSafeInteger(seq) && typeof hash === "string" ? { seq, hash, dev, ino } : undefined;
  } catch {
    return undefined; // nothing is known of this trail yet, or it was cut by a power failure: the chain itself still speaks
  }
}

function linesBetween(log: string, after: string, newest: string): readonly string[] | undefined {
  const found: string[] = [];
  let bytes = 0;
  let wanted = newest;
  for (const line of linesBackward(log)) {
    if (!line.endsWith(`"hash":"${wanted}"}`)) continue;
    found.push(line);
    bytes += line.length;
    wanted = /"prev_hash":"([0-9a-f]{64})","hash":"[0-9a-f]{64}"\}$/.exec(line)?.[1] ?? "";
    if (wanted === after) return found.reverse();
    if (bytes > RESTORED_BYTES_MAX) return undefined;
  }
  return undefined;
}
