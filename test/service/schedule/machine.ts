/** A machine with schedules in simulated time: the database is real and stays, processes come and go, and time is what the test says. */
import { Database } from "bun:sqlite";
import type { Receiver } from "../../../src/config/notify.ts";
import type { RunOutcome } from "../../../src/results/schedules.ts";
import { MIGRATIONS } from "../../../src/service/migrations.ts";
import { openFaultBook } from "../../../src/service/notify/faults.ts";
import { createOutbox } from "../../../src/service/notify/outbox.ts";
import { type Scheduled, scheduledOf } from "../../../src/service/schedule/scheduled.ts";
import { createScheduler, type RunResult } from "../../../src/service/schedule/scheduler.ts";
import { scheduleStates } from "../../../src/service/schedule/states.ts";
import { createTeller } from "../../../src/service/schedule/teller.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const at = (text: string): number => Date.parse(text);

export const schedule = (name: string, cron: string, more: object = {}): Scheduled =>
  scheduledOf(
    {
      name,
      cron,
      zone: "UTC",
      task: name,
      params: {},
      retry: { times: 2, wait: "5m", resume: true },
      catch_up: true,
      jitter: "0s",
      ...more,
    },
    { directory: "/srv/shop" },
  );

const RECEIVERS: Receiver[] = [
  {
    url: "http://localhost:9/x",
    on: ["failed", "partial", "missed", "not-started"],
    template: "{{title}}",
    headers: {},
  },
];

interface Run {
  readonly schedule: string;
  readonly isResumed: boolean;
  readonly beganMs: number;
  endMs: number;
  readonly outcome: RunOutcome;
  readonly end: (result: RunResult) => void;
  isOver: boolean;
}

/** @param start when it is switched on, without a service */
export function machine(schedules: readonly Scheduled[], start: string) {
  const database = new Database(":memory:");
  for (const step of MIGRATIONS) database.run(step);
  const states = scheduleStates(database);
  const outbox = createOutbox(database);
  const faults = openFaultBook(database, { receivers: RECEIVERS, stack: "shop", outbox });
  let now = at(start);
  let process = 0;
  let scheduler: ReturnType<typeof createScheduler> | undefined;
  const runs = new Map<string, Run & { readonly ended: Promise<RunResult> }>();
  const told: string[] = [];
  const overlaps: string[] = [];
  /** How the next runs go. */
  let behaviour: (name: string) => { outcome: RunOutcome; lastsMs: number } = () => ({
    outcome: "success",
    lastsMs: MINUTE,
  });

  const calm = async (): Promise<void> => {
    for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
  };
  const deliver = (): void => {
    for (let first = outbox.first(); first.length > 0; first = outbox.first())
      for (const { id, body } of first) {
        told.push(body === null ? "ping" : JSON.parse(body));
        outbox.remove(id);
      }
  };
  const begin = (): void => {
    process += 1;
    const own = `process ${process}`;
    const teller = createTeller({
      schedules,
      states,
      faults,
      messenger: { ping: () => outbox.add("ping", null, now) },
      now: () => now,
    });
    scheduler = createScheduler({
      schedules,
      states,
      teller,
      now: () => now,
      warn: (message) => {
        throw new Error(message);
      },
      claims: { own, isGone: (claim) => claim !== own },
      runs: {
        async start({ name }, { continues }) {
          if ([...runs.values()].some((run) => run.schedule === name && !run.isOver)) overlaps.push(name);
          const { outcome, lastsMs } = behaviour(name);
          if (outcome === "not-started") throw new Error("the place refuses");
          const { promise, resolve } = Promise.withResolvers<RunResult>();
          const id = `run ${runs.size + 1}`;
          const run = {
            schedule: name,
            isResumed: continues !== undefined,
            beganMs: now,
            endMs: now + lastsMs,
            outcome,
            end: resolve,
            ended: promise,
            isOver: false,
          };
          runs.set(id, run);
          return id;
        },
        ended: (id) => runs.get(id)?.ended ?? Promise.reject(new Error("no such run")),
        find: (id) => (runs.get(id)?.isOver ? { outcome: runs.get(id)?.outcome ?? "failed" } : undefined),
      },
    });
    scheduler.tick(true);
  };

  const step = async (): Promise<void> => {
    for (const run of runs.values())
      if (!run.isOver && run.endMs <= now) {
        run.isOver = true;
        run.end({ outcome: run.outcome, message: "it broke" });
      }
    await calm();
    scheduler?.tick();
    await calm();
    deliver();
  };

  return {
    told,
    overlaps,
    runs,
    states,
    faults,
    behave(next: typeof behaviour): void {
      behaviour = next;
    },
    async start(): Promise<void> {
      begin();
      await calm();
    },
    /** Everything dies at once, tasks as well. */
    crash(): void {
      scheduler = undefined;
      for (const run of runs.values())
        if (!run.isOver) Object.assign(run, { isOver: true, outcome: "interrupted", endMs: now });
    },
    async goOn(ms: number, stepMs = MINUTE): Promise<void> {
      for (const until = now + ms; now < until; ) {
        now += Math.min(stepMs, until - now);
        await step();
      }
    },
    jump(ms: number): void {
      now += ms;
    },
    now: () => now,
    begun: (name: string): string[] =>
      [...runs.values()]
        .filter((run) => run.schedule === name)
        .map(({ beganMs }) => new Date(beganMs).toISOString()),
  };
}
