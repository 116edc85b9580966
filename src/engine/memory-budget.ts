/**
 * Limits the bytes that steps of all backends hold at once: a step reserves its expected yield before it begins, and releases
 * it when its records are written.
 */
export interface MemoryBudget {
  /** Waits until there is room, in order of arrival. A single reservation always fits if there is no other. */
  reserve(bytes: number): Promise<Reservation>;
}

/** Memory reserved by one step, in bytes. */
export interface Reservation {
  /** Sets the real number once it is known. */
  resize(bytes: number): void;
  release(): void;
}

interface Waiter {
  readonly bytes: number;
  readonly start: () => void;
}

/**
 * Creates a budget.
 * @param most bytes in all
 * @param isPressed true while the process holds so much memory that steps should run one at a time
 */
export function createMemoryBudget(most: number, isPressed: () => boolean = () => false): MemoryBudget {
  const waiting: Waiter[] = [];
  let held = 0;
  let holders = 0;

  const fits = ({ bytes }: Waiter): boolean => holders === 0 || (held + bytes <= most && !isPressed());

  const admit = (): void => {
    for (let next = waiting[0]; next !== undefined && fits(next); next = waiting[0]) {
      waiting.shift();
      held += next.bytes;
      holders += 1;
      next.start();
    }
  };

  const reservation = (first: number): Reservation => {
    let bytes = first;
    const resize = (now: number): void => {
      held += now - bytes;
      bytes = now;
      admit();
    };
    return {
      resize,
      release() {
        holders -= 1;
        resize(0);
      },
    };
  };

  return {
    reserve: (bytes) =>
      new Promise((resolve) => {
        waiting.push({ bytes, start: () => resolve(reservation(bytes)) });
        admit();
      }),
  };
}
