/** Progress of long work on stderr: what, how much, how fast, how long still. One line per piece of work. */
import type { Follow, Progress, WaitFor } from "../tasks/task/progress.ts";
import { isOver, liveLines, plainLine, type Work } from "./progress-line.ts";
import type { Terminal } from "./terminal.ts";

interface ProgressBoard {
  update(progress: Progress): void;
  /** Removes the lines, or writes the last ones if they could not be redrawn. */
  stop(): void;
}

const REDRAW_MS = 100;
const PLAIN_EVERY_MS = 10_000;

interface ProgressOptions {
  /** The expected parts, in line order; more may come. */
  readonly names?: readonly string[];
  /** Once aborted, unfinished parts count as stopped, not as failed. */
  readonly signal?: AbortSignal;
  /** ms */
  readonly now?: () => number;
}

/** Pinned lines on a live terminal; elsewhere an occasional plain line for each piece of work, and one at its end. */
export function createProgress(terminal: Terminal, options: ProgressOptions = {}): ProgressBoard {
  const { names = [], now = () => performance.now(), signal } = options;
  if (terminal.quiet) return UNSEEN;
  const works = new Map<string, Work>(names.map((name) => [name, waiting(name, now())]));
  const lines = () => liveLines([...works.values()], now(), terminal);
  const redraw = () => terminal.pin(lines());
  const timer = terminal.live ? setInterval(redraw, REDRAW_MS) : undefined;
  return {
    update(given) {
      const work = works.get(given.name) ?? waiting(given.name, now());
      const progress = signal?.aborted ? stopped(work, given) : given;
      const ended = isOver(progress.state) && !isOver(work.latest.state);
      if (progress.done > work.latest.done) work.moved = now();
      if (progress.bytes !== work.latest.bytes || progress.done !== work.latest.done) work.stirred = now();
      work.latest = progress;
      if (ended) work.ended = now();
      works.set(progress.name, work);
      if (terminal.live || !(ended || now() - work.told >= PLAIN_EVERY_MS)) return;
      work.told = now();
      terminal.note(plainLine(work, now()));
    },
    stop() {
      clearInterval(timer);
      if (!terminal.live) return;
      if (signal?.aborted) for (const work of works.values()) work.latest = stopped(work, work.latest);
      const last = lines();
      terminal.pin([]);
      if (last.length > 0) terminal.note(...last);
    },
  };
}

const UNSEEN: ProgressBoard = { update: () => undefined, stop: () => undefined };

const waiting = (name: string, now: number): Work => ({
  began: now,
  told: now,
  moved: now,
  stirred: now,
  latest: { name, done: 0, bytes: 0, counts: {}, state: "starting", retries: 0 },
});

/** After an interruption, anything unfinished counts as stopped, neither failed nor done. */
function stopped({ latest }: Work, next: Progress): Progress {
  const endedBefore = isOver(latest.state) && latest.state !== "stopped";
  return endedBefore ? next : { ...next, done: latest.done, state: "stopped" };
}

/** How a terminal shows stretches of a task's work. @param signal see {@link ProgressOptions} */
export const followOn =
  (terminal: Terminal, signal: AbortSignal): Follow =>
  (names = []) => {
    const board = createProgress(terminal, { names, signal });
    return { progress: board.update, [Symbol.dispose]: board.stop };
  };

/** A wait of this many seconds is shown with its length. */
const SINCE_TOLD = 2;

/** `asking loki, tempo, for 3s`, until all have answered. */
export const waitForOn =
  (terminal: Terminal): WaitFor =>
  (names) => {
    const asked = new Set(names);
    const began = performance.now();
    const show = (): void => {
      const seconds = Math.floor((performance.now() - began) / 1000);
      const since = seconds < SINCE_TOLD ? "" : `, for ${seconds}s`;
      terminal.pin(
        asked.size === 0 ? [] : [terminal.noteColors.dim(`asking ${[...asked].join(", ")}${since}`)],
      );
    };
    const timer = setInterval(show, 1000);
    show();
    return {
      answered(name) {
        asked.delete(name);
        show();
      },
      [Symbol.dispose]() {
        clearInterval(timer);
        terminal.pin([]);
      },
    };
  };
