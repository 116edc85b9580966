/** The schedules of a configuration, with their times understood. */
import { hostname } from "node:os";
import type { Config } from "../../config/config.ts";
import type { Schedule } from "../../config/schedules.ts";
import { parseDuration } from "../../units/duration.ts";
import { toMs } from "../../units/range.ts";
import type { Timed } from "./decide.ts";
import { timingOf } from "./timing.ts";

/** A schedule as it is carried out and shown. */
export interface Scheduled extends Timed {
  readonly cron: string;
  /** As configured; absent: this machine's. */
  readonly zone: string | undefined;
  readonly task: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly resume: boolean;
  readonly jitterMs: number;
}

/** @throws RangeError for times that are wrong, or never come */
export function scheduledOf(schedule: Schedule, { directory }: Pick<Config, "directory">): Scheduled {
  const { name, cron, zone, task, params, retry, catch_up: catchUp, jitter } = schedule;
  const jitterMs = toMs(parseDuration(jitter));
  return {
    name,
    cron,
    zone,
    task,
    params: params ?? {},
    timing: timingOf(cron, zone),
    offsetMs: offsetOf(`${hostname()}\n${directory}\n${name}`, jitterMs),
    jitterMs,
    catchUp,
    retries: retry?.times ?? 0,
    retryMs: toMs(parseDuration(retry?.wait ?? "5m")),
    resume: retry?.resume ?? true,
  };
}

/** Always the same part of the jitter, so that two machines do not begin at once and one begins always at the same time. Whole seconds. */
function offsetOf(seed: string, jitterMs: number): number {
  const share = Number.parseInt(Bun.SHA256.hash(seed, "hex").slice(0, 8), 16) / 2 ** 32;
  return Math.floor((share * jitterMs) / 1_000) * 1_000;
}
