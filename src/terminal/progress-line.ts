/** One piece of work as a line: bar, amount, speed and time left, reduced to what a narrow terminal has room for. */
import type { Progress } from "../tasks/task/progress.ts";
import { formatBytes } from "../units/bytes.ts";
import { formatDuration } from "../units/duration.ts";
import { NS_PER_MS } from "../units/range.ts";
import { countedUnit, countsToTell } from "../units/unit-text.ts";
import { counted } from "../units/words.ts";
import { bar } from "./bar.ts";
import type { Colors } from "./styles.ts";
import type { Terminal } from "./terminal.ts";

/** One piece of work on a board; times in ms of the board's clock. */
export interface Work {
  readonly began: number;
  /** When its last plain line was written. */
  told: number;
  ended?: number;
  /** When the completed share last grew. */
  moved: number;
  /** When anything last arrived. */
  stirred: number;
  latest: Progress;
}

/** Whether it has ended, in whatever way. */
export const isOver = (state: Progress["state"]): boolean => ["done", "failed", "stopped"].includes(state);

/** How much of a line is shown; the amounts share a column of this width. */
interface Form {
  readonly cells: number;
  readonly amount: number;
  /** Speed, time left, and what went wrong on the way. */
  readonly pace: boolean;
  /** Records beside bytes. */
  readonly counts: boolean;
}

/** From the widest form down: numbers are dropped rather than cut. */
const FORMS: readonly Form[] = [
  { cells: 20, amount: 30, pace: true, counts: true },
  { cells: 10, amount: 26, pace: true, counts: true },
  { cells: 0, amount: 26, pace: true, counts: true },
  { cells: 10, amount: 0, pace: false, counts: true },
  { cells: 0, amount: 0, pace: false, counts: true },
  { cells: 0, amount: 0, pace: false, counts: false },
];

/** All lines in the first form in which none is cut, so that they stay in columns. */
export function liveLines(works: readonly Work[], now: number, terminal: Terminal): string[] {
  const drawn = FORMS.map((form) => works.map((work) => liveLine(work, now, form, terminal.noteColors)));
  const fits = (lines: readonly string[]) =>
    lines.every((line) => Bun.stringWidth(line) < terminal.columns());
  return drawn.find(fits) ?? drawn.at(-1) ?? [];
}

function liveLine(work: Work, now: number, form: Form, colors: Colors): string {
  const { bold, dim, red, yellow } = colors;
  const { name, done, state, retries, remark = "" } = work.latest;
  const failed = state === "failed";
  return [
    bold(name.padEnd(9)),
    form.cells === 0 ? "" : `${dim("▕")}${barPaint(state, colors)(bar(done, form.cells))}${dim("▏")}`,
    failed ? red("failed") : state === "stopped" ? yellow("stopped") : percent(done).padStart(4),
    (form.counts ? amount(work) : formatBytes(work.latest.bytes)).padEnd(form.amount),
    form.pace ? painted(dim, pace(work, now)) : "",
    form.pace ? painted(dim, remark) : "",
    state === "waiting" ? yellow("server asks us to wait") : state === "counting" ? dim("counting") : "",
    form.pace ? painted(dim, stillness(work, now)) : "",
    form.pace && retries > 0 ? yellow(counted(retries, "retry", "retries")) : "",
  ]
    .filter((part) => part.trim() !== "")
    .join("  ")
    .trimEnd();
}

const painted = (paint: Colors["dim"], text: string): string => (text === "" ? "" : paint(text));

function barPaint(state: string, { cyan, green, red, yellow }: Colors): Colors["cyan"] {
  if (state === "failed") return red;
  return state === "done" ? green : state === "stopped" ? yellow : cyan;
}

/** A line without news for this long says so. ms */
const STILL_MS = 3_000;

/** ms */
const TURN_MS = 100;

const TURNING = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/** `⠹ reading, nothing new for 23s`: still alive, but nothing has arrived for that long. */
function stillness({ latest, stirred }: Work, now: number): string {
  const turn = TURNING[Math.floor(now / TURN_MS) % TURNING.length] ?? "";
  if (latest.goesOnInMs !== undefined) return `${turn} ${laterText(latest.goesOnInMs)}`;
  if (latest.state !== "running" || now - stirred < STILL_MS) return "";
  return `${turn} reading, nothing new for ${shortTime(now - stirred)}`;
}

const laterText = (ms: number): string => `the rest can be read in ${shortTime(ms)}`;

/** The same without a bar, for output that is not redrawn. */
export const plainLine = (work: Work, now: number): string =>
  [
    `${work.latest.name}: ${work.latest.state === "running" ? percent(work.latest.done) : work.latest.state}`,
    amount(work),
    work.latest.remark ?? "",
    pace(work, now),
    work.latest.goesOnInMs === undefined ? "" : laterText(work.latest.goesOnInMs),
  ]
    .filter((part) => part !== "")
    .join(", ");

const percent = (done: number): string => `${Math.floor(Math.min(1, done) * 100)}%`;

function amount({ latest }: Work): string {
  const [main] = countsToTell(latest.counts);
  const size = formatBytes(latest.bytes);
  return main === undefined ? size : `${countedUnit(main[1], main[0])}, ${size}`;
}

/** `57,000/s, 23s left`, or how long it took. */
function pace(work: Work, now: number): string {
  const elapsed = (work.ended ?? now) - work.began;
  if (isOver(work.latest.state)) return shortTime(elapsed);
  if (elapsed < 1000 || work.latest.state === "counting") return "";
  const [main] = countsToTell(work.latest.counts);
  const rate = main === undefined ? "" : `${Math.round((main[1] / elapsed) * 1000).toLocaleString("en")}/s`;
  return [rate, timeLeft(work, now)].filter((part) => part !== "").join(", ");
}

/** After this long without progress the time left is unknown. ms */
const UNTOLD_AFTER_MS = 10_000;

/**
 * `23s left`, calculated when the completed share last grew, and counted down from there. Empty while it is unknown: before
 * anything was read, and when the share has stood still.
 */
function timeLeft({ latest: { done, bytes }, began, moved }: Work, now: number): string {
  if (done <= 0.01 || bytes === 0 || now - moved >= UNTOLD_AFTER_MS) return "";
  const left = ((moved - began) * (1 - done)) / done - (now - moved);
  return left > 0 ? `${shortTime(left)} left` : "";
}

/** `0.4s`, `23s`, `3m20s`. */
const shortTime = (ms: number): string =>
  ms < 1000
    ? `${(ms / 1000).toFixed(1)}s`
    : formatDuration(BigInt(Math.round(ms / 1000)) * 1000n * NS_PER_MS);
