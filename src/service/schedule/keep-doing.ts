/** Work that is done again and again, by a clock that may jump. */

/** See {@link keepDoing}. */
interface Kept {
  /** Does it now, without waiting for what goes on. */
  soon(): void;
  /** Begins nothing any more. */
  stop(): void;
}

/** The longest time between two times, and the shortest. ms */
const [MOST_MS, LEAST_MS] = [15_000, 50];

/** Begins at once. @param work says when it is to be done again, ms since 1970; `undefined`: nothing waits */
export function keepDoing(
  work: () => number | undefined | Promise<number | undefined>,
  onError: (error: unknown) => void,
): Kept {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let dueMs = Number.POSITIVE_INFINITY;
  let isOver = false;
  /** Several may go on at once: what one of them wants later takes nothing from what another wants sooner. */
  const wait = (ms: number): void => {
    const inMs = Math.min(MOST_MS, Math.max(LEAST_MS, ms));
    if (isOver || performance.now() + inMs >= dueMs) return;
    clearTimeout(timer);
    dueMs = performance.now() + inMs;
    timer = setTimeout(turn, inMs);
  };
  const turn = async (): Promise<void> => {
    dueMs = Number.POSITIVE_INFINITY;
    let next: number | undefined;
    try {
      next = await work();
    } catch (error) {
      onError(error);
    }
    wait((next ?? Number.POSITIVE_INFINITY) - Date.now());
  };
  void turn();
  return {
    soon: () => wait(0),
    stop() {
      isOver = true;
      clearTimeout(timer);
    },
  };
}
