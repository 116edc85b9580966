/** Runs jobs until none waits: several at once, as many as the limit of concurrency and the memory budget allow. */
import type { ConcurrencyLimit } from "./concurrency-limit.ts";
import type { MemoryBudget, Reservation } from "./memory-budget.ts";

/** The jobs that wait. */
export interface Jobs<Job> {
  /** How long until one may be run, ms; 0: one may now. `undefined`: none waits. */
  dueIn(): number | undefined;
  take(): Job | undefined;
  putBack(job: Job): void;
  readonly size: number;
}

/** The jobs, how one is run, and within which bounds. */
export interface DrainOptions<Job> {
  readonly jobs: Jobs<Job>;
  /**
   * Runs one job to its end. Calls of the server go through `limit`.
   * @param reservation of what the jobs before it held; to be resized once the real number is known
   * @returns the bytes that it held
   */
  readonly run: (job: Job, reservation: Reservation) => Promise<number>;
  readonly limit: ConcurrencyLimit;
  readonly budget: MemoryBudget;
  readonly signal: AbortSignal;
  /** Nothing can be run for so long: what is left may only be run later. ms */
  readonly onPause?: (ms: number) => void;
}

/** What a job is expected to hold before the first one has shown it. Bytes. */
const FIRST_GUESS = 2 << 20;

/** Until a job that is to wait may be run, the clock is looked at so often: what is known of the server's may change. ms */
const LOOK_MS = 250;

/**
 * Ends when no job waits or runs; earlier, when those under way have ended, if the signal is given, the limit gives up or a
 * job fails. @throws what the first job that failed threw
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

/** A wake that nobody has called yet. A call that comes before anybody waits is not lost. */
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
