/** The places of a pool's processes: who takes a step next, and who comes after one that was lost. */
import type { WorkerProcess } from "./process.ts";

/** One of them, whoever sits there now. */
export interface Seat {
  /** 1, 2, 3 … */
  readonly number: number;
  /** Absent while the next one comes, and once nobody comes any more. */
  worker?: WorkerProcess | undefined;
  /** Losses without a step that was done between them. */
  losses: number;
  isGivenUp: boolean;
  /** Who sits there runs a single step, or is to, as soon as the others are done. */
  isAlone: boolean;
}

/** Somebody who was given a step. */
export interface Seated {
  readonly seat: Seat;
  readonly worker: WorkerProcess;
}

/** All of them. */
export interface Seats {
  readonly all: readonly Seat[];
  /**
   * Waits for whoever has least to do; for a step that must run alone, until he has nothing to do.
   * @returns `undefined`: nobody is left @throws the signal's reason
   */
  take(isAlone: boolean, signal: AbortSignal): Promise<Seated | undefined>;
  /** Something has changed that somebody may wait for. */
  changed(): void;
}

/** They are empty at first. */
export function createSeats(count: number): Seats {
  const all = Array.from(
    { length: count },
    (_, at): Seat => ({
      number: at + 1,
      losses: 0,
      isGivenUp: false,
      isAlone: false,
    }),
  );
  let waiting: (() => void)[] = [];
  const changed = (): void => {
    const now = waiting;
    waiting = [];
    for (const wake of now) wake();
  };
  const change = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
  const emptied = async (seat: Seat, signal: AbortSignal): Promise<void> => {
    seat.isAlone = true;
    while (!signal.aborted && (seat.worker?.running ?? 0) > 0) await change();
  };
  return {
    all,
    changed,
    async take(isAlone, signal) {
      signal.addEventListener("abort", changed, { once: true });
      try {
        for (;;) {
          signal.throwIfAborted();
          if (all.every((seat) => seat.isGivenUp)) return undefined;
          const found = leastBusy(all);
          if (found === undefined) await change();
          else if (!isAlone) return found;
          else {
            await emptied(found.seat, signal);
            if (found.seat.worker === found.worker && !signal.aborted) return found;
            found.seat.isAlone = false;
          }
        }
      } finally {
        signal.removeEventListener("abort", changed);
      }
    },
  };
}

const leastBusy = (all: readonly Seat[]): Seated | undefined =>
  all
    .flatMap((seat) =>
      seat.worker === undefined || seat.isAlone || seat.worker.lost() !== undefined
        ? []
        : [{ seat, worker: seat.worker }],
    )
    .sort((one, other) => one.worker.running - other.worker.running)[0];
