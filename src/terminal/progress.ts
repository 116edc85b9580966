/** Progress of long work on stderr: what, how much, how fast, how long still. One line for each piece of work. */
import { formatBytes } from "../units/bytes.ts";
import { formatDuration } from "../units/duration.ts";
import { NS_PER_MS } from "../units/range.ts";
import { unitText } from "../units/unit-text.ts";
import type { Colors } from "./colors.ts";
import type { Terminal } from "./terminal.ts";

/** What is known of one piece of work now. */
export interface Progress {
  readonly name: string;
  /** 0 to 1. */
  readonly done: number;
  readonly bytes: number;
  /** By unit: `entries`, `spans`. The largest is shown. */
  readonly counts: Readonly<Record<string, number>>;
  readonly state: string;
  readonly retries: number;
}

export interface ProgressBoard {
  update(progress: Progress): void;
  /** Takes the lines away, or writes the last ones where they could not be redrawn. */
  stop(): void;
}

const REDRAW_MS = 100;
const PLAIN_EVERY_MS = 10_000;

export interface ProgressOptions {
  /** What there will be, in the order of its lines; more may come. */
  readonly names?: readonly string[];
  /** Aborted: what then ends unfinished was stopped, and has not failed. */
  readonly signal?: AbortSignal;
  /** ms */
  readonly now?: () => number;
}

/** Pinned lines on a live terminal; elsewhere a plain line now and then for each piece of work, and one when it ends. */
export function createProgress(terminal: Terminal, options: ProgressOptions = {}): ProgressBoard {
  const { names = [], now = () => performance.now(), signal } = options;
  const works = new Map<string, Work>(names.map((name) => [name, waiting(name, now())]));
  const redraw = () =>
    terminal.pin([...works.values()].map((work) => liveLine(work, now(), terminal.noteColors)));
  const timer = terminal.live ? setInterval(redraw, REDRAW_MS) : undefined;
  return {
    update(given) {
      const work = works.get(given.name) ?? waiting(given.name, now());
      const progress = signal?.aborted ? stopped(work, given) : given;
      const ended = isOver(progress.state) && !isOver(work.latest.state);
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
      const last = [...works.values()].map((work) => liveLine(work, now(), terminal.noteColors));
      terminal.pin([]);
      if (last.length > 0) terminal.note(last.join("\n"));
    },
  };
}

interface Work {
  readonly began: number;
  /** When its last plain line was written. */
  told: number;
  ended?: number;
  latest: Progress;
}

const waiting = (name: string, now: number): Work => ({
  began: now,
  told: now,
  latest: { name, done: 0, bytes: 0, counts: {}, state: "starting", retries: 0 },
});

const isOver = (state: string): boolean => ["done", "failed", "stopped"].includes(state);

/** What comes after an interruption: what had not ended before it was stopped where it was, neither failed nor done. */
function stopped({ latest }: Work, next: Progress): Progress {
  const endedBefore = isOver(latest.state) && latest.state !== "stopped";
  return endedBefore ? next : { ...next, done: latest.done, state: "stopped" };
}

const BAR_CELLS = 20;
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

function bar(done: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, done)) * BAR_CELLS * 8);
  const filled = "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
  return filled.padEnd(BAR_CELLS);
}

function liveLine(work: Work, now: number, { bold, cyan, dim, red, yellow, green }: Colors): string {
  const { name, done, state, retries } = work.latest;
  const failed = state === "failed";
  const paint = failed ? red : state === "done" ? green : state === "stopped" ? yellow : cyan;
  return [
    bold(name.padEnd(9)),
    `${dim("▕")}${paint(bar(done))}${dim("▏")}`,
    failed ? red("failed") : state === "stopped" ? yellow("stopped") : percent(done).padStart(4),
    amount(work).padEnd(30),
    dim(pace(work, now)),
    state === "waiting" ? yellow("server asks us to wait") : state === "counting" ? dim("counting") : "",
    retries > 0 ? yellow(`${retries} ${retries === 1 ? "retry" : "retries"}`) : "",
  ]
    .filter((part) => part.trim() !== "")
    .join("  ")
    .trimEnd();
}

const plainLine = (work: Work, now: number): string =>
  [
    `${work.latest.name}: ${work.latest.state === "running" ? percent(work.latest.done) : work.latest.state}`,
    amount(work),
    pace(work, now),
  ]
    .filter((part) => part !== "")
    .join(", ");

const percent = (done: number): string => `${Math.floor(Math.min(1, done) * 100)}%`;

function amount({ latest }: Work): string {
  const [unit, count] = mainCount(latest.counts);
  const size = formatBytes(latest.bytes);
  return unit === undefined ? size : `${count.toLocaleString("en")} ${unitText(unit)}, ${size}`;
}

function mainCount(counts: Progress["counts"]): [string | undefined, number] {
  const [first] = Object.entries(counts).sort(([, a], [, b]) => b - a);
  return first ?? [undefined, 0];
}

/** `57,000/s, 23s left`, or how long it took. */
function pace(work: Work, now: number): string {
  const elapsed = (work.ended ?? now) - work.began;
  if (isOver(work.latest.state)) return shortTime(elapsed);
  const [unit, count] = mainCount(work.latest.counts);
  if (elapsed < 1000 || work.latest.state === "counting") return "";
  const rate = unit === undefined ? "" : `${Math.round((count / elapsed) * 1000).toLocaleString("en")}/s`;
  const { done } = work.latest;
  const left = done > 0.01 ? `${shortTime((elapsed * (1 - done)) / done)} left` : "";
  return [rate, left].filter((part) => part !== "").join(", ");
}

/** `0.4s`, `23s`, `3m20s`. */
const shortTime = (ms: number): string =>
  ms < 1000
    ? `${(ms / 1000).toFixed(1)}s`
    : formatDuration(BigInt(Math.round(ms / 1000)) * 1000n * NS_PER_MS);
