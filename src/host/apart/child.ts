/**
 * A process that runs third-party code and can be lost without harm. If it blocks, uses too much memory, exits, is killed or
 * sends unreadable messages, the caller gets an error that says so.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OWN_PROGRAM } from "../../programs/own.ts";
import { formatBytes } from "../../units/bytes.ts";
import { startDeadline } from "../../units/time-limit.ts";
import { childEnvironment } from "./environment.ts";
import { residentBytes } from "./memory.ts";
import { createPeer, type Handlers, type Peer } from "./peer.ts";
import { relayLines } from "./relay.ts";
import { BEAT_MS, PROCESS_WORD, SOCKET_FD } from "./word.ts";

/** What a child may use, how long it may be silent, and who hears of what it does. */
export interface ChildOptions {
  /** Shown in the system's list of processes. */
  readonly title: string;
  /** Default: its own empty one, removed at the end. */
  readonly directory?: string | undefined;
  /** Fills a directory beside the child's own. Only this user can enter it, and it is removed with the child. */
  readonly prepare?: (place: string) => void;
  /** A child that is silent for this long counts as blocked. ms */
  readonly silentMs: number;
  /** Memory limit, bytes. */
  readonly memoryMax: number;
  /** Receives each line that it prints. */
  readonly onPrinted: (line: string) => void;
  readonly handlers: Handlers;
  /** It is gone, for whatever reason. */
  readonly onGone: () => void;
}

/** A running child, until it ends, is ended, or is lost. */
export interface Child {
  readonly peer: Peer;
  /**
   * Makes a request that is done within `limitMs`, or never.
   * @throws LostChild when it takes longer: the child is then killed
   */
  callWithin(limitMs: number, name: string, input: unknown): Promise<unknown>;
  /** Kills the child if it shows no sign of life, so that a caller who waited too long need not wait again. */
  stopIfSilent(): void;
  /** Set when the child is gone although nobody ended it. */
  lost(): LostChild | undefined;
  /** Kills it, with every process that it has started. */
  end(): Promise<void>;
}

/** The process is gone, or had to be killed; the message says how that showed. */
export class LostChild extends Error {
  override readonly name = "LostChild";
}

const WATCH_MS = 100;
/** Until its first sign of life, a child counts as starting, not as blocked. ms */
const START_MS = 30_000;
/** Without a connection it is as good as gone; this long it may take to report why. ms */
const CLOSED_MS = 1_000;
/** Concurrent requests to its server, and pieces of their answers: more is a mistake. */
const CALLS_MAX = 512;
/** Data queued for a child that does not read: as much as one answer may hold. bytes */
const UNSENT_MAX = 256 << 20;

/** Starts this program again as a plugin's process, and watches its messages and memory until it ends. */
export async function startChild(options: ChildOptions): Promise<Child> {
  const own = options.directory === undefined ? ownPlace(options.prepare) : undefined;
  const child = Bun.spawn([...OWN_PROGRAM, PROCESS_WORD, options.title], {
    cwd: options.directory ?? join(own ?? "", WORK),
    env: childEnvironment(process.env),
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    // Its own process group: this process handles Ctrl-C, and whatever the plugin starts ends with it.
    detached: true,
  });
  child.unref();
  const heard: Heard = { at: performance.now(), bytes: 0, started: false };
  const fate: { blame?: string; lost?: LostChild; ending?: true } = {};
  const stop = (why: string): void => {
    fate.blame ??= why;
    killGroup(child.pid);
  };
  const leave = atExit(() => {
    killGroup(child.pid);
    if (own !== undefined) rmSync(own, { recursive: true, force: true });
  });
  const peer = await createPeer(Number(child.stdio[SOCKET_FD]), {
    callsMax: CALLS_MAX,
    unsentMax: UNSENT_MAX,
    onEnd: (error) => {
      if (error === undefined) setTimeout(() => stop("closed its connection"), CLOSED_MS).unref();
      else stop(`sent an unreadable message (${error.message}), and was stopped`);
    },
    handlers: {
      ...options.handlers,
      notes: { ...options.handlers.notes, beat: (bytes) => beat(heard, bytes) },
    },
  });
  peer.unref();
  relayLines([child.stdout, child.stderr], options.onPrinted);
  const watch = setInterval(watcher({ ...options, heard, pid: child.pid, stop }), WATCH_MS);
  watch.unref();
  const gone = child.exited.then(() => {
    clearInterval(watch);
    leave();
    const how = new LostChild(fate.blame ?? howItEnded(child));
    if (fate.ending === undefined) fate.lost = how;
    peer.close(how);
    options.onGone();
  });
  return {
    peer,
    async callWithin(limitMs, name, input) {
      // This timer keeps the program alive; nothing else does while a child is asked.
      const limit = startDeadline({ limitMs });
      limit.signal.addEventListener("abort", () => stop(`was not done after ${limitMs / 1000} s`));
      try {
        return await peer.call(name, input);
      } finally {
        limit.end();
      }
    },
    stopIfSilent: () => {
      if (performance.now() - heard.at > SILENT_BEATS * BEAT_MS) stop(silence(performance.now() - heard.at));
    },
    lost: () => fate.lost,
    async end() {
      fate.ending = true;
      child.ref();
      stop("was stopped");
      await gone;
    },
  };
}

const WORK = "work";

/** Makes a directory that only this user may enter. It has an empty one for the child, and what `prepare` puts there. */
function ownPlace(prepare: ChildOptions["prepare"]): string {
  const own = realpathSync(mkdtempSync(join(tmpdir(), "contextcore-plugin-")));
  try {
    mkdirSync(join(own, WORK));
    prepare?.(join(own, "code"));
    return own;
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    throw error;
  }
}

/** This many missed signs of life mean that it is blocked. */
const SILENT_BEATS = 3;

interface Heard {
  at: number;
  bytes: number;
  started: boolean;
}

function beat(heard: Heard, bytes: unknown): void {
  heard.at = performance.now();
  heard.started = true;
  heard.bytes = typeof bytes === "number" ? bytes : 0;
}

interface Watched extends Pick<ChildOptions, "silentMs" | "memoryMax"> {
  readonly heard: Heard;
  readonly pid: number;
  readonly stop: (why: string) => void;
}

function watcher({ heard, pid, stop, silentMs, memoryMax }: Watched): () => void {
  let last = performance.now();
  return () => {
    const now = performance.now();
    // This process was itself suspended or overloaded, and has not read the child's messages yet.
    if (now - last > 10 * WATCH_MS) heard.at = now;
    last = now;
    if (now - heard.at > (heard.started ? silentMs : Math.max(silentMs, START_MS))) stop(silence(silentMs));
    if ((residentBytes(pid) ?? heard.bytes) > memoryMax)
      stop(`took more than ${formatBytes(memoryMax)} of memory, and was stopped`);
  };
}

const silence = (ms: number): string =>
  `did not answer within ${Math.round(ms / 100) / 10} s; a synchronous loop?`;

const leaving = new Set<() => void>();

/** Runs when this process ends, unless the result was called before. */
function atExit(leave: () => void): () => void {
  if (leaving.size === 0) process.once("exit", leaveAll);
  leaving.add(leave);
  return () => {
    if (leaving.delete(leave)) leave();
    if (leaving.size === 0) process.off("exit", leaveAll);
  };
}

function leaveAll(): void {
  for (const leave of leaving) leave();
}

/**
 * Kills the process and everything it has started, if there are process groups. A process that is already gone is not an error.
 */
function killGroup(pid: number): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, "SIGKILL");
    } catch {
      // It has already ended.
    }
  }
}

const howItEnded = ({
  exitCode,
  signalCode,
}: {
  exitCode: number | null;
  signalCode: string | number | null;
}): string =>
  signalCode === null
    ? `ended the program, with exit code ${exitCode}`
    : `ended the program: it was killed by ${signalCode}`;
