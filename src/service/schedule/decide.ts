/**
 * What runs now: a pure function of schedules, what is remembered of them, and the time. It may be asked at any time and any number
 * of times, by a clock that jumps: each occurrence is decided once, and what it decides is kept before anything starts.
 */
import type { RunOutcome } from "../../results/schedules.ts";
import type { Timing } from "./timing.ts";

/** A schedule as far as its times are concerned. */
export interface Timed {
  readonly name: string;
  readonly timing: Timing;
  /** How much later than its occurrences it begins. */
  readonly offsetMs: number;
  readonly catchUp: boolean;
  readonly retries: number;
  /** From a failure to the first retry; then twice as long each time. */
  readonly retryMs: number;
}

/** What is remembered of a schedule. */
export interface ScheduleState {
  readonly definition: string;
  /** Occurrences until here are decided. */
  readonly decidedMs: number;
  /** When the run that has begun, or is about to, was decided; absent: none runs. */
  readonly beganMs?: number | undefined;
  /** The process that has begun it. */
  readonly claim?: string | undefined;
  /** That run, once it has a name. */
  readonly run?: string | undefined;
  /** How often this occurrence has been tried. */
  readonly attempt: number;
  /** Somebody has begun it who tries again himself. */
  readonly isOnce?: true | undefined;
  readonly retryMs?: number | undefined;
  /** The newest occurrence that nobody made up for, since the last run. */
  readonly missedMs?: number | undefined;
  readonly endedMs?: number | undefined;
  readonly outcome?: RunOutcome | undefined;
  readonly message?: string | undefined;
  /** The run that this is about. */
  readonly lastRun?: string | undefined;
  readonly successMs?: number | undefined;
}

/** Why a run begins: on time; for one or more that were missed; again after a failure. */
type Why = "due" | "missed" | "retry";

/** What is to be done for one schedule. */
interface Decision {
  /** What is remembered from now on, before anything else is done. */
  readonly state: ScheduleState;
  readonly start?: Why;
  /** An occurrence has passed without a run, and nobody makes up for it. */
  readonly missed?: true;
}

/** A run that begins this much later than it was due was missed. ms */
export const LATE_MS = 120_000;

/** A clock that was set back less than this repeats no run; one that was further ahead was wrong, and counts no more. ms */
export const AHEAD_MS = 24 * 3_600_000;

/** The longest wait for a retry. ms */
const RETRY_MAX_MS = 6 * 3_600_000;

/** Decides for one schedule. @param before absent: it has just been written */
export function decide(schedule: Timed, before: ScheduleState | undefined, nowMs: number): Decision {
  const state = standing(schedule, before, nowMs);
  // What becomes due meanwhile is decided once the run has ended: two of them never run at once.
  if (state.beganMs !== undefined) return { state };
  const due = schedule.timing.last(nowMs - schedule.offsetMs);
  if (due === undefined || due <= state.decidedMs) return retried(state, nowMs);
  const decided = { ...state, decidedMs: due, retryMs: undefined };
  const isMissed = nowMs - schedule.offsetMs - due > LATE_MS;
  if (isMissed && !schedule.catchUp) return { state: { ...decided, missedMs: due }, missed: true };
  return { state: { ...decided, beganMs: nowMs, attempt: 1 }, start: isMissed ? "missed" : "due" };
}

/** Nothing was missed before a schedule was written, changed, or before a clock that ran far ahead was put right. */
function standing(
  { timing: { definition } }: Timed,
  before: ScheduleState | undefined,
  nowMs: number,
): ScheduleState {
  if (before === undefined) return { definition, decidedMs: nowMs, attempt: 0 };
  const isOther = before.definition !== definition;
  const isAhead = before.decidedMs > nowMs + AHEAD_MS;
  return isOther || isAhead ? { ...before, definition, decidedMs: nowMs } : before;
}

function retried(state: ScheduleState, nowMs: number): Decision {
  const { retryMs } = state;
  if (retryMs === undefined) return { state };
  const isAhead = retryMs > nowMs + RETRY_MAX_MS;
  if (retryMs > nowMs && !isAhead) return { state };
  const began = { ...state, beganMs: nowMs, retryMs: undefined, attempt: state.attempt + 1 };
  return { state: began, start: "retry" };
}

/** How a run ended. */
interface RunEnd {
  readonly outcome: RunOutcome;
  readonly endedMs: number;
  /** What went wrong. */
  readonly message?: string | undefined;
}

/** Outcomes of a run that may go better another time. Somebody who cancels one does not want it, and a partial one has saved what there is. */
const AGAIN: readonly RunOutcome[] = ["failed", "refused", "interrupted", "not-started"];

/** What is remembered once a run has ended: whether and when it is tried again. */
export function ended(schedule: Timed, before: ScheduleState, end: RunEnd): ScheduleState {
  const { outcome, endedMs, message } = end;
  const isTriedAgain =
    before.isOnce !== true && AGAIN.includes(outcome) && before.attempt <= schedule.retries;
  const waitMs = Math.min(RETRY_MAX_MS, schedule.retryMs * 2 ** Math.max(0, before.attempt - 1));
  return {
    ...before,
    beganMs: undefined,
    claim: undefined,
    run: undefined,
    isOnce: undefined,
    missedMs: undefined,
    lastRun: before.run,
    outcome,
    endedMs,
    message,
    retryMs: isTriedAgain ? endedMs + waitMs : undefined,
    successMs: outcome === "success" ? endedMs : before.successMs,
  };
}

/** The newest time that has passed without a run, as far as nobody has made up for it. */
export function missedSince(
  schedule: Timed,
  before: ScheduleState | undefined,
  nowMs: number,
): number | undefined {
  const { beganMs, decidedMs, missedMs } = standing(schedule, before, nowMs);
  const due = schedule.timing.last(nowMs - schedule.offsetMs - LATE_MS);
  return beganMs === undefined && due !== undefined && due > decidedMs ? due : missedMs;
}

/** When it runs next, as far as is known now. */
export function nextMs({ timing, offsetMs }: Timed, state: ScheduleState | undefined, nowMs: number): number {
  const from = Math.max(nowMs - offsetMs, Math.min(state?.decidedMs ?? 0, nowMs + AHEAD_MS));
  const next = timing.next(from);
  const regular = next === undefined ? undefined : next + offsetMs;
  return Math.min(state?.retryMs ?? Number.POSITIVE_INFINITY, regular ?? Number.POSITIVE_INFINITY);
}
