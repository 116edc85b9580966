/** Who runs a step, and what becomes of those that a process does not survive. */
import { expect, test } from "bun:test";
import type { Cursor } from "contextcore";
import { LostWorker } from "../../../src/export/workers/lives.ts";
import type { StepOrder } from "../../../src/export/workers/messages.ts";
import { startPool } from "../../../src/export/workers/pool.ts";
import type { WorkerProcess } from "../../../src/export/workers/process.ts";

const never = new AbortController().signal;
const worked = { objects: [], sums: {}, lines: [], bytes: 1 };

/** A process that dies of poison, and with it all that runs beside it. */
function mortal() {
  const beside: number[] = [];
  const attempts: string[] = [];
  let started = 0;
  const start = async (): Promise<WorkerProcess> => {
    started += 1;
    let lost: LostWorker | undefined;
    const running = new Set<(error: Error) => void>();
    return {
      get running() {
        return running.size;
      },
      lost: () => lost,
      [Symbol.asyncDispose]: async () => undefined,
      async step({ cursor, attempt }: StepOrder) {
        attempts.push(attempt);
        const death = Promise.withResolvers<never>();
        running.add(death.reject);
        try {
          const isPoison = cursor.poison === true;
          await Promise.race([death.promise, Bun.sleep(isPoison ? 1 : 20)]);
          if (!isPoison) return worked;
          beside.push(running.size);
          lost = new LostWorker("it was killed by SIGSEGV");
          for (const reject of running) reject(lost);
          return await death.promise;
        } finally {
          running.delete(death.reject);
        }
      },
    };
  };
  return { start, beside, attempts, started: () => started };
}

const asked = (cursor: Cursor) => ({ backend: "loki", cursor, now: 1n, limitMs: 1_000 });

test("a step that kills whoever runs it is told apart from those beside it, which are all done", async () => {
  const { start, beside, attempts } = mortal();
  const told: string[] = [];
  await using pool = await startPool({ count: 2, start, onTold: (line) => told.push(line) });
  const steps = Array.from({ length: 20 }, (_, at) => pool.run(asked({ at }), never));
  const poison = pool.run(asked({ poison: true }), never);
  expect(await poison.catch((error) => `${error.name}: ${error.message}`)).toBe(
    "LostWorker: 3 processes that tried to read it were lost, the last one alone with it: it was killed by SIGSEGV",
  );
  expect(await Promise.all(steps)).toEqual(steps.map(() => worked));
  // The first time with others, and then alone.
  expect(beside[0]).toBeGreaterThan(1);
  expect(beside.slice(1)).toEqual([1, 1]);
  expect(new Set(attempts).size).toBe(attempts.length);
  expect(
    told.every((line) => /^worker [12] was lost: it was killed by SIGSEGV; it is started again$/.test(line)),
  ).toBe(true);
  expect(await pool.run(asked({ at: 21 }), never)).toEqual(worked);
});

test("where all of them die again and again, everything is read here", async () => {
  const { start, started } = mortal();
  const told: string[] = [];
  await using pool = await startPool({ count: 1, start, onTold: (line) => told.push(line) });
  const fates = [];
  for (let at = 0; at < 3; at += 1)
    fates.push(await pool.run(asked({ poison: true }), never).catch((error) => error.name));
  expect(fates).toEqual(["LostWorker", "LostWorker", "here"]);
  expect(started()).toBe(6);
  expect(told.at(-1)).toContain("it is not started again");
});

test("what keeps them from beginning is told, and none of them is left", async () => {
  let ended = 0;
  const end = async (): Promise<void> => {
    ended += 1;
  };
  let count = 0;
  const start = async (): Promise<WorkerProcess> => {
    count += 1;
    if (count === 2) throw new Error("the key is not here");
    const step = async () => worked;
    return { running: 0, lost: () => undefined, step, [Symbol.asyncDispose]: end };
  };
  const pool = startPool({ count: 3, start, onTold: () => undefined });
  expect(await pool.catch((error) => error.message)).toBe("the key is not here");
  expect(ended).toBe(2);
});

test("who waits for one of them is not kept when the export stops", async () => {
  const stop = new AbortController();
  const start = async (): Promise<WorkerProcess> => ({
    running: 1,
    lost: () => undefined,
    async step(_, signal) {
      signal.throwIfAborted();
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      throw signal.reason;
    },
    [Symbol.asyncDispose]: async () => undefined,
  });
  await using pool = await startPool({ count: 1, start, onTold: () => undefined });
  const step = pool.run(asked({ at: 1 }), stop.signal);
  stop.abort(new Error("Ctrl-C"));
  expect(await step.catch((error) => error.message)).toBe("Ctrl-C");
});
