/** A run of one schedule outside of a service: by hand, by cron, by a timer of systemd. */
import type { Database } from "bun:sqlite";
import { closest } from "../../config/closest.ts";
import { loadConfig } from "../../config/load.ts";
import type { ScheduleJson } from "../../results/schedules.ts";
import type { Caller } from "../../tasks/stack/stack.ts";
import { UsageError } from "../../tasks/task/errors.ts";
import { parseDuration } from "../../units/duration.ts";
import { toMs } from "../../units/range.ts";
import { openDatabase } from "../database.ts";
import { requireNotLost, tellNotStarted } from "../notify/not-started.ts";
import { createLauncher, type Launcher } from "../running/launcher.ts";
import { readSchedules } from "./check.ts";
import type { Scheduled } from "./scheduled.ts";
import type { RunResult } from "./scheduler.ts";
import { openSchedules } from "./schedules.ts";
import { scheduleJson } from "./shown.ts";
import { hasState } from "./states.ts";
import { faultKeyOf } from "./teller.ts";

/** What to run. */
interface Once {
  readonly name: string;
  /** A failed run is tried again as the schedule says. */
  readonly isRetried: boolean;
}

/** How it ended. */
interface OnceDone extends RunResult {
  readonly schedule: ScheduleJson;
}

/** What is told at the end has so long to arrive; otherwise it waits for the next run. ms */
const LAST_MS = 10_000;

/** @returns how it ended; `undefined`: it runs already @throws what keeps it from beginning, once that has been told */
export async function runOnce(caller: Caller, once: Once): Promise<OnceDone | undefined> {
  const { config, schedules, schedule, database } = await prepared(caller, once).catch(
    async (error: unknown) => {
      const isUnknown = error instanceof UsageError;
      await tellNotStarted(caller, {
        key: faultKeyOf(once.name),
        title: `${once.name} could not begin`,
        error,
        mayBeCut: isUnknown,
        // A name that there never was is nobody's fault but the caller's.
        unless: ({ directory }) => isUnknown && !hasState(directory, once.name),
      });
      throw error;
    },
  );
  try {
    const launcher = createLauncher({ caller, config, database, onLine: (line) => caller.note(line) });
    const parts = { config, schedules, database, warn: caller.warn };
    const { scheduler, messenger, states } = openSchedules({ ...parts, launcher: heard(launcher, caller) });
    const { signal } = caller;
    const stop = (): void => {
      scheduler.stop();
      void launcher.stop(toMs(parseDuration(config.service.grace)));
    };
    signal.addEventListener("abort", stop, { once: true });
    const result = await scheduler.run(schedule, once.isRetried ? signal : undefined);
    signal.removeEventListener("abort", stop);
    await messenger.deliverWithin(LAST_MS);
    if (result === undefined) return undefined;
    return { ...result, schedule: scheduleJson(schedule, states.read(schedule.name), Date.now()) };
  } finally {
    database.close(true);
  }
}

async function prepared(caller: Caller, { name }: Once) {
  const config = await loadConfig(caller);
  requireNotLost(config);
  const schedules = await readSchedules(config);
  const schedule = named(schedules, name);
  await caller.requireAgreement(config);
  const database: Database = openDatabase(config.directory);
  return { config, schedules, schedule, database };
}

/** @throws UsageError */
function named(schedules: readonly Scheduled[], name: string): Scheduled {
  const found = schedules.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = schedules.map((one) => one.name);
  const meant = closest(name, names);
  const all =
    names.length === 0 ? "`schedules` in the configuration is empty" : `there are ${names.join(", ")}`;
  throw new UsageError(
    `there is no schedule called ${JSON.stringify(name)}`,
    meant === undefined ? all : `did you mean ${meant}?`,
  );
}

/** The launcher, with what its runs say told to who has called. */
function heard(
  launcher: Launcher,
  { note, warn, signal }: Caller,
): Pick<Launcher, "start" | "ended" | "get"> {
  const listen = async (id: string): Promise<void> => {
    for await (const event of launcher.watch(id, signal)) {
      if (event.event === "note") note(event.message);
      if (event.event === "warning") warn(event.message);
    }
  };
  return {
    ...launcher,
    async start(request) {
      const run = await launcher.start(request);
      void listen(run.id);
      return run;
    },
  };
}
