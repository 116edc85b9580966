/** Schedules at work: a database that remembers, a launcher that runs, people that are told, and a clock. */
import type { Database } from "bun:sqlite";
import type { Config } from "../../config/config.ts";
import type { ScheduleJson } from "../../results/schedules.ts";
import { messageOf } from "../../units/message-of.ts";
import type { FaultBook } from "../notify/faults.ts";
import { keepLastSettings } from "../notify/last-settings.ts";
import type { Messenger } from "../notify/messenger.ts";
import { openTelling } from "../notify/telling.ts";
import type { Launcher } from "../running/launcher.ts";
import { processClaims } from "./claims.ts";
import { keepDoing } from "./keep-doing.ts";
import { launchedRuns } from "./launched.ts";
import type { Scheduled } from "./scheduled.ts";
import { createScheduler, type Scheduler } from "./scheduler.ts";
import { scheduleJson } from "./shown.ts";
import { type ScheduleStates, scheduleStates } from "./states.ts";
import { createTeller, faultKeyOf, type Teller } from "./teller.ts";

/** What schedules work with. */
interface SchedulesParts {
  readonly config: Config;
  readonly schedules: readonly Scheduled[];
  readonly database: Database;
  readonly launcher: Pick<Launcher, "start" | "ended" | "get">;
  readonly warn: (message: string) => void;
}

/** Schedules at work. */
export interface Schedules {
  readonly all: readonly Scheduled[];
  readonly states: ScheduleStates;
  readonly scheduler: Scheduler;
  readonly messenger: Messenger;
  readonly faults: FaultBook;
  /** How they stand now. */
  shown(): ScheduleJson[];
  /** Looks at the clock from now on. @returns ends that */
  keepTime(): AsyncDisposable;
}

/** What is told at the end has so long to arrive; otherwise it waits for the next start. ms */
const LAST_MS = 1_000;

/** Whether it is the fault of a schedule that there is no longer. */
const isOfNone = (key: string, schedules: readonly Scheduled[]): boolean =>
  key.startsWith(faultKeyOf("")) && !schedules.some(({ name }) => faultKeyOf(name) === key);

/** @returns schedules of which none has been looked at yet */
export function openSchedules({ config, schedules, database, launcher, warn }: SchedulesParts): Schedules {
  const now = Date.now;
  try {
    keepLastSettings(database, config);
  } catch (error) {
    warn(`who is told is not kept for when the configuration does not load: ${messageOf(error)}`);
  }
  const states = scheduleStates(database);
  let startNext = (): void => undefined;
  let deliverNext = (): void => undefined;
  const { faults, messenger } = openTelling(database, config, warn, () => deliverNext());
  for (const { key } of faults.open())
    if (isOfNone(key, schedules)) faults.over(key, "the schedule is gone", now());
  const told = createTeller({ schedules, states, faults, messenger, now });
  const teller: Teller = {
    ...told,
    ended(...what) {
      told.ended(...what);
      startNext();
    },
  };
  const runs = launchedRuns(launcher);
  const scheduler = createScheduler({ schedules, states, runs, teller, claims: processClaims(), now, warn });
  const shown = (): ScheduleJson[] => schedules.map((one) => scheduleJson(one, states.read(one.name), now()));
  return { all: schedules, states, scheduler, messenger, faults, shown, keepTime };

  function keepTime(): AsyncDisposable {
    const over = new AbortController();
    const onError = (error: unknown): void => warn(`schedules: ${messageOf(error)}`);
    let isFirst: true | undefined = true;
    const starting = keepDoing(() => {
      const next = scheduler.tick(isFirst);
      isFirst = undefined;
      return next;
    }, onError);
    // Apart from each other: a receiver that does not answer holds no schedule.
    const delivering = keepDoing(() => messenger.deliver(over.signal), onError);
    startNext = starting.soon;
    deliverNext = delivering.soon;
    return {
      async [Symbol.asyncDispose]() {
        over.abort();
        starting.stop();
        delivering.stop();
        await scheduler.settled();
        await messenger.deliverWithin(LAST_MS);
      },
    };
  }
}
