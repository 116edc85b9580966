/** What people are told of schedules: a fault when a run is missing, lacks something or failed for good, and a sign of life when all is well. */
import type { FaultKind } from "../../config/notify.ts";
import type { RunOutcome } from "../../results/schedules.ts";
import type { FaultBook } from "../notify/faults.ts";
import type { Messenger } from "../notify/messenger.ts";
import type { ScheduleState } from "./decide.ts";
import type { Scheduled } from "./scheduled.ts";
import type { ScheduleStates } from "./states.ts";

/** Tells how schedules fare. */
export interface Teller {
  /** A run has ended, and this is what is remembered of it. */
  ended(schedule: Scheduled, state: ScheduleState, hint?: string): void;
  missed(schedule: Scheduled, dueMs: number): void;
}

interface TellerParts {
  readonly schedules: readonly Scheduled[];
  readonly states: Pick<ScheduleStates, "read">;
  readonly faults: Pick<FaultBook, "begins" | "over">;
  readonly messenger: Pick<Messenger, "ping">;
  readonly now: () => number;
}

/** What each outcome is, if it is a fault. Who cancels a run knows of it. */
const FAULTS: Readonly<Partial<Record<RunOutcome, readonly [kind: FaultKind, what: string]>>> = {
  partial: ["partial", "is incomplete"],
  failed: ["failed", "failed"],
  refused: ["failed", "was refused"],
  interrupted: ["failed", "was interrupted"],
  "not-started": ["not-started", "could not begin"],
};

/** @returns what is told by whoever starts runs */
export function createTeller({ schedules, states, faults, messenger, now }: TellerParts): Teller {
  const begins = ({ name, task }: Scheduled, kind: FaultKind, what: string, message: string, hint?: string) =>
    faults.begins(
      {
        key: faultKeyOf(name),
        kind,
        title: `${name} ${what}`,
        message: `${task}: ${message}`,
        hint,
        schedule: name,
        task,
      },
      now(),
    );
  return {
    ended(schedule, { outcome = "success", attempt, retryMs, message = "it says no more" }, hint) {
      if (outcome === "success") {
        faults.over(faultKeyOf(schedule.name), `${schedule.name} went well again`, now());
        if (schedules.every(({ name }) => isWell(states.read(name)))) messenger.ping();
      }
      const fault = FAULTS[outcome];
      // While it is tried again nobody need be woken.
      if (fault === undefined || retryMs !== undefined) return;
      const tries = attempt > 1 ? ` (attempt ${attempt})` : "";
      begins(schedule, ...fault, `${message}${tries}`, hint);
    },
    missed: (schedule, dueMs) =>
      begins(
        schedule,
        "missed",
        "was missed",
        `it was due at ${new Date(dueMs).toISOString()}, and nothing ran`,
      ),
  };
}

/** The key of faults of a schedule. */
export const faultKeyOf = (name: string): string => `schedule/${name}`;

/** One that has never been due is no reason for silence; one that runs, waits for a retry or was missed is. */
const isWell = ({ beganMs, retryMs, missedMs, outcome }: Partial<ScheduleState> = {}): boolean =>
  beganMs === undefined &&
  retryMs === undefined &&
  missedMs === undefined &&
  (outcome === undefined || outcome === "success");
