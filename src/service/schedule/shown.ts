/** How schedules stand, as results show it. */

import type { ScheduleJson } from "../../results/schedules.ts";
import { given } from "../../units/given.ts";
import { missedSince, nextMs, type ScheduleState } from "./decide.ts";
import type { Scheduled } from "./scheduled.ts";
import { machineZone } from "./zone.ts";

/** @param state what is remembered of it; absent: nothing */
export function scheduleJson(
  schedule: Scheduled,
  state: ScheduleState | undefined,
  nowMs: number,
): ScheduleJson {
  const { name, task, params, cron, zone = machineZone(), offsetMs, catchUp, retries } = schedule;
  const { beganMs, retryMs, successMs, attempt = 0 } = state ?? {};
  const next = nextMs(schedule, state, nowMs);
  return {
    ...{ name, task, params: { ...params }, cron, zone, jitterSeconds: offsetMs / 1_000, catchUp, retries },
    ...{ attempts: attempt },
    ...given({
      next: Number.isFinite(next) ? timeOf(next) : undefined,
      since: timeOf(beganMs),
      retry: timeOf(retryMs),
      missed: timeOf(missedSince(schedule, state, nowMs)),
      lastRun: lastOf(state),
      succeeded: timeOf(successMs),
    }),
  };
}

function lastOf({ outcome, endedMs, lastRun, message }: Partial<ScheduleState> = {}) {
  if (outcome === undefined || endedMs === undefined) return undefined;
  return { outcome, ended: new Date(endedMs).toISOString(), ...given({ run: lastRun, message }) };
}

function timeOf(ms: number): string;
function timeOf(ms: number | undefined): string | undefined;
function timeOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
