/**
 * Bounds the bytes that steps hold at once, over all backends: a step reserves what it is expected to yield before it begins,
 * and gives it back when its records are written.
 */
export interface MemoryBudget {
  /** Waits until there is room, first come first served. One reservation always fits when there is no other. */
  reserve(bytes: number): Promise<Reservation>;
}

/** Room that one step holds, in bytes. */
export interface Reservation {
  /** The real number is known now. */
  resize(bytes: number): void;
  release(): void;
}

interface Waiter {
  readonly bytes: number;
  readonly start: () => void;
}

/**
 * @param most bytes in all
 * @param isPressed true while the process has so much memory that one step at a time is enough
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
