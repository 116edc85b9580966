/** Runs jobs until none is waiting, as many at once as the concurrency limit and the memory budget allow. */
import type { ConcurrencyLimit } from "./concurrency-limit.ts";
import type { MemoryBudget, Reservation } from "./memory-budget.ts";

/** The waiting jobs. */
export interface Jobs<Job> {
  /** Time until the next may run, ms; 0: one may run now. `undefined`: none is waiting. */
  dueIn(): number | undefined;
  take(): Job | undefined;
  putBack(job: Job): void;
  readonly size: number;
}

/** The jobs, how to run one, and the limits. */
export interface DrainOptions<Job> {
  readonly jobs: Jobs<Job>;
  /**
   * Runs one job to its end. Server calls go through `limit`.
   * @param reservation based on what earlier jobs held; resize it once the real number is known
   * @returns the bytes that it held
   */
  readonly run: (job: Job, reservation: Reservation) => Promise<number>;
  readonly limit: ConcurrencyLimit;
  readonly budget: MemoryBudget;
  readonly signal: AbortSignal;
  /** Called when everything left has to wait. ms */
  readonly onPause?: (ms: number) => void;
}

/** Assumed size of a job before the first one has shown it. Bytes. */
const FIRST_GUESS = 2 << 20;

/** Polling interval until a deferred job may run, because our estimate of the server's clock may change. ms */
const LOOK_MS = 250;

/**
 * Ends when no job is waiting or running; or, after the running jobs have ended, when the signal is aborted, the limit gives up
 * or a job fails. @throws the error of the first job that failed
 */
export async function drain<Job>(options: DrainOptions<Job>): Promise<void> {
  const { jobs, limit, budget, signal } = options;
  const wake = createWake();
  const failures: unknown[] = [];
  let active = 0;
  let expected = FIRST_GUESS;
  const goesOn = (): boolean => !signal.aborted && !limit.givesUp() && failures.length === 0;

  const run = async (job: Job, reservation: Reservation): Promise<void> => {
    active += 1;
    try {
      const bytes = await options.run(job, reservation);
      expected = Math.max(bytes, Math.floor(expected * 0.9));
    } catch (error) {
      failures.push(error);
    } finally {
      reservation.release();
      active -= 1;
      wake.now();
    }
  };
  const begin = async (): Promise<void> => {
    const reservation = await budget.reserve(expected);
    const job = jobs.take();
    if (job !== undefined && goesOn()) return void run(job, reservation);
    if (job !== undefined) jobs.putBack(job);
    reservation.release();
  };

  const unwatch = limit.watch(wake.now);
  signal.addEventListener("abort", wake.now);
  while (active > 0 || (jobs.size > 0 && goesOn())) {
    const due = goesOn() && active < limit.slots() ? jobs.dueIn() : undefined;
    if (due === 0) await begin();
    else {
      if (due !== undefined && active === 0) options.onPause?.(due);
      await wake.wait(due === undefined ? undefined : Math.min(LOOK_MS, due));
    }
  }
  signal.removeEventListener("abort", wake.now);
  unwatch();
  if (failures.length > 0) throw failures[0];
}

/** Lets one loop wait for whatever happens next. */
interface Wake {
  now(): void;
  /** @param most ms, after which it ends in any case */
  wait(most?: number): Promise<void>;
}

/** A wake-up for later. If it is called before anybody waits, it is not lost. */
function createWake(): Wake {
  let resume: (() => void) | undefined;
  let called = false;
  return {
    now() {
      called = true;
      resume?.();
    },
    async wait(most) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      if (!called)
        await new Promise<void>((resolve) => {
          resume = resolve;
          if (most !== undefined) timer = setTimeout(resolve, most);
        });
      clearTimeout(timer);
      called = false;
      resume = undefined;
    },
  };
}
