/** Starts what is due, and keeps what came of it. Everything that it decides by is in the database and in `decide.ts`. */
import type { Actor } from "../../audit/format/event.ts";
import type { RunOutcome } from "../../results/schedules.ts";
import { hintOf } from "../../units/hint-of.ts";
import { asError } from "../../units/message-of.ts";
import { sleep } from "../../units/sleep.ts";
import { decide, ended, nextMs, type ScheduleState } from "./decide.ts";
import type { Scheduled } from "./scheduled.ts";
import type { ScheduleStates } from "./states.ts";
import type { Teller } from "./teller.ts";

/** How a run of a task ended, as far as a schedule is concerned. */
export interface RunResult {
  readonly outcome: RunOutcome;
  readonly message?: string | undefined;
  readonly hint?: string | undefined;
}

/** What a run is begun for. */
interface HowToStart {
  /** An interrupted run, to be finished if that can be. */
  readonly continues?: string | undefined;
  /** Somebody has begun it by hand; absent: it is due. */
  readonly actor?: Actor;
}

/** Runs tasks: a process for each. */
export interface ScheduledRuns {
  /** @returns the run's id @throws Error when it could not begin */
  start(schedule: Scheduled, how: HowToStart): Promise<string>;
  /** Waits for its end. */
  ended(id: string): Promise<RunResult>;
  /** How it ended, if it did and is known. */
  find(id: string): RunResult | undefined;
}

/** Which process a run belongs to. */
export interface Claims {
  /** This process. */
  readonly own: string;
  /** Whether the process of a claim is gone; `undefined`: nobody can know. */
  isGone(claim: string): boolean | undefined;
}

/** What a scheduler works with. */
interface SchedulerParts {
  readonly schedules: readonly Scheduled[];
  readonly states: ScheduleStates;
  readonly runs: ScheduledRuns;
  readonly teller: Teller;
  readonly claims: Claims;
  readonly now: () => number;
  /** Hears what could not be kept. */
  readonly warn: (message: string) => void;
}

/** Decides and starts. */
export interface Scheduler {
  /**
   * Decides for each schedule, starts what is to run, and closes what a process that is gone has left.
   * @param isFirst no other process starts schedules now: what cannot be known to live is gone @returns when to come again, ms since 1970
   */
  tick(isFirst?: true): number;
  /**
   * Runs one now, whenever it is due.
   * @param again given: it is tried again as the schedule says, until this is aborted
   * @returns how it ended; `undefined`: it runs already @throws the signal's reason
   */
  run(schedule: Scheduled, again?: AbortSignal): Promise<RunResult | undefined>;
  /** Begins one now for somebody. @returns the run's id; `undefined`: it runs already @throws what keeps it from beginning */
  begin(schedule: Scheduled, actor: Actor): Promise<string | undefined>;
  /** Starts nothing any more. */
  stop(): void;
  /** Waits until everything that it started has ended. */
  settled(): Promise<void>;
}

/** @returns a scheduler that has done nothing yet */
export function createScheduler(parts: SchedulerParts): Scheduler {
  const { schedules, states, runs, teller, claims, now, warn } = parts;
  const active = new Map<string, Promise<RunResult>>();

  let isStopping = false;

  const settle = (schedule: Scheduled, told: RunResult, isLeft = isStopping): RunResult => {
    // Nobody has cancelled what ended with its service.
    const result: RunResult =
      isLeft && told.outcome === "cancelled" ? { ...told, outcome: "interrupted" } : told;
    const { hint, ...end } = result;
    const { state } = states.change(schedule.name, (before = fresh(schedule, now())) => ({
      state: ended(schedule, before, { ...end, endedMs: now() }),
    }));
    teller.ended(schedule, state, hint);
    return result;
  };

  const carriedOut = async (
    schedule: Scheduled,
    how: HowToStart,
    onBegun?: (run: string | Error) => void,
  ): Promise<RunResult> => {
    const run = await runs.start(schedule, how).catch(asError);
    onBegun?.(run);
    if (run instanceof Error)
      return settle(schedule, { outcome: "not-started", message: run.message, hint: hintOf(run) });
    states.change(schedule.name, (before = fresh(schedule, now())) => ({ state: { ...before, run } }));
    return settle(schedule, await runs.ended(run));
  };

  /** It is claimed already. */
  const begin = (...how: Parameters<typeof carriedOut>): Promise<RunResult> => {
    const [schedule] = how;
    const run = carriedOut(...how).finally(() => active.delete(schedule.name));
    active.set(schedule.name, run);
    return run;
  };

  /** @returns the run, if one begins */
  const consider = (schedule: Scheduled): Promise<RunResult> | undefined => {
    const before = states.read(schedule.name);
    // Most of the time there is nothing to be written.
    if (before !== undefined && decide(schedule, before, now()).state === before) return undefined;
    const decision = states.change(schedule.name, (known) => {
      const { state, start, missed } = decide(schedule, known, now());
      const isContinued = schedule.resume && start === "retry" && known?.outcome === "interrupted";
      return {
        state: start === undefined ? state : { ...state, claim: claims.own },
        start,
        missed,
        continues: isContinued ? known.lastRun : undefined,
      };
    });
    if (decision.missed) teller.missed(schedule, decision.state.decidedMs);
    return decision.start === undefined ? undefined : begin(schedule, { continues: decision.continues });
  };

  /** A run whose process is gone holds up its schedule no longer. */
  const closeLeft = (schedule: Scheduled, isFirst?: true): void => {
    const { beganMs, claim, run } = states.read(schedule.name) ?? {};
    if (beganMs === undefined || active.has(schedule.name)) return;
    const isGone = claim === undefined || claim === claims.own || (claims.isGone(claim) ?? isFirst === true);
    if (isGone) settle(schedule, (run === undefined ? undefined : runs.find(run)) ?? LOST, true);
  };

  /** @returns whether it can begin now: it does not run already */
  const claim = (schedule: Scheduled, isRetried: boolean): boolean => {
    closeLeft(schedule);
    return states.change(schedule.name, (before = fresh(schedule, now())) =>
      before.beganMs === undefined
        ? { state: claimed(before, claims.own, now(), isRetried), isClaimed: true }
        : { state: before, isClaimed: false },
    ).isClaimed;
  };

  /** What goes wrong with one is no other's trouble. */
  const attend = async (schedule: Scheduled, isFirst?: true): Promise<void> => {
    try {
      closeLeft(schedule, isFirst);
      await consider(schedule);
    } catch (error) {
      warn(`schedule ${schedule.name}: ${asError(error).message}`);
    }
  };

  return {
    tick(isFirst) {
      if (!isStopping) for (const schedule of schedules) void attend(schedule, isFirst);
      return Math.min(...schedules.map((one) => nextMs(one, states.read(one.name), now())));
    },
    async begin(schedule, actor) {
      if (!claim(schedule, false)) return undefined;
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      const done = begin(schedule, { actor }, (run) => (run instanceof Error ? reject(run) : resolve(run)));
      done.catch((error) => warn(`schedule ${schedule.name}: ${asError(error).message}`));
      return promise;
    },
    async run(schedule, again) {
      if (!claim(schedule, again !== undefined)) return undefined;
      let result = await begin(schedule, {});
      for (let at = states.read(schedule.name)?.retryMs; again !== undefined && at !== undefined; ) {
        // A timer may be a little ahead of the clock, and then nothing would be due.
        await sleep(Math.max(0, at - now()) + 20, again);
        const next = await consider(schedule);
        if (next === undefined) break;
        result = next;
        at = states.read(schedule.name)?.retryMs;
      }
      return result;
    },
    stop() {
      isStopping = true;
    },
    async settled() {
      while (active.size > 0) await Promise.allSettled(active.values());
    },
  };
}

const LOST: RunResult = { outcome: "interrupted", message: "the process that had started it is gone" };

const fresh = ({ timing: { definition } }: Scheduled, nowMs: number): ScheduleState => ({
  definition,
  decidedMs: nowMs,
  attempt: 0,
});

/** Begun by hand or by cron: whatever was due until now is done with it. */
const claimed = (before: ScheduleState, claim: string, nowMs: number, isRetried: boolean): ScheduleState => ({
  ...before,
  claim,
  beganMs: nowMs,
  decidedMs: Math.max(before.decidedMs, nowMs),
  retryMs: undefined,
  attempt: 1,
  ...(isRetried ? {} : { isOnce: true }),
});
