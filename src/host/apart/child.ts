/**
 * A process that runs a stranger's code, and can be lost without harm: one that is busy for ever, takes too much memory,
 * ends itself, is killed or says what nobody can read gives an error that says so.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { formatBytes } from "../../units/bytes.ts";
import { startDeadline } from "../../units/time-limit.ts";
import { childEnvironment } from "./environment.ts";
import { residentBytes } from "./memory.ts";
import { createPeer, type Handlers, type Peer } from "./peer.ts";
import { relayLines } from "./relay.ts";
import { BEAT_MS, PROCESS_WORD, SOCKET_FD } from "./word.ts";

export interface ChildOptions {
  /** Shown in the system's list of processes. */
  readonly title: string;
  /** Default: an empty one of its own, removed at the end. */
  readonly directory?: string | undefined;
  /** A child that says nothing for so long is busy for ever. ms */
  readonly silentMs: number;
  /** It may hold so much memory. bytes */
  readonly memoryMax: number;
  /** Takes a line that it has printed. */
  readonly onPrinted: (line: string) => void;
  readonly handlers: Handlers;
  /** It is gone, however that came. */
  readonly onGone: () => void;
}

export interface Child {
  readonly peer: Peer;
  /**
   * Asks for something that is done within `limitMs`, or never.
   * @throws LostChild when it takes longer: the child is killed then
   */
  callWithin(limitMs: number, name: string, input: unknown): Promise<unknown>;
  /** Kills it when it shows no sign of life: who waited for it too long need not wait for the next one. */
  stopIfSilent(): void;
  /** Present when it is gone though nobody has ended it. */
  lost(): LostChild | undefined;
  /** Kills it, with every process that it has started. */
  end(): Promise<void>;
}

/** The process is gone, or had to be killed; the message says how that showed. */
export class LostChild extends Error {
  override readonly name = "LostChild";
}

const WATCH_MS = 100;
/** Until it first says that it is alive, a child is not busy but starting. ms */
const START_MS = 30_000;
/** Without a connection it is as good as gone, and is given so long to say how. ms */
const CLOSED_MS = 1_000;
/** Requests to its server at a time, and pieces of their answers: more is a mistake. */
const CALLS_MAX = 512;
/** What is on its way to a child that does not read it: as much as one answer may hold. bytes */
const UNSENT_MAX = 256 << 20;

const PROGRAM = Bun.isStandaloneExecutable
  ? [process.execPath]
  : [process.execPath, resolve(import.meta.dir, "../../main.ts")];

/** Starts this program again, as the process of a plugin, and watches what it says and holds until it ends. */
export async function startChild(options: ChildOptions): Promise<Child> {
  const own = options.directory === undefined ? mkdtempSync(join(tmpdir(), "contextcore-plugin-")) : "";
  const child = Bun.spawn([...PROGRAM, PROCESS_WORD, options.title], {
    cwd: options.directory ?? own,
    env: childEnvironment(process.env),
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    // A group of its own: Ctrl-C is this process's to handle, and what the plugin starts ends with it.
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
    if (own !== "") rmSync(own, { recursive: true, force: true });
  });
  const peer = await createPeer(Number(child.stdio[SOCKET_FD]), {
    callsMax: CALLS_MAX,
    unsentMax: UNSENT_MAX,
    onEnd: (error) => {
      if (error === undefined) setTimeout(() => stop("closed its connection"), CLOSED_MS).unref();
      else stop(`said what nobody can read (${error.message}), and was stopped`);
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
      // This one keeps the program from ending: nothing else does while a child is asked.
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

/** So many signs of life that did not come mean that it is busy. */
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
    // This process was itself held up, by sleep or by load: what the child has said is not read yet.
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

/** Called when this process ends, unless the result was called before. */
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

/** The process and whatever it has started, where there is such a thing as a group; one that is gone is no error. */
function killGroup(pid: number): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, "SIGKILL");
    } catch {
      // It has ended already.
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
