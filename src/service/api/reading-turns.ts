/** Processes that read for somebody: some at once, some wait in line, and more are told to come again. */
import { tooMany } from "../listen/problem.ts";

/** See {@link createReadingTurns}. */
export interface ReadingTurns {
  /** Waits for a turn; disposing of it gives it to the next one. @throws HttpError 429 when too many wait */
  take(): Promise<Disposable>;
}

/** How many processes read at once, and how many may wait. */
const AT_ONCE = 2;
const WAITING_MAX = 16;

/** When it may be tried again, ms. */
const AGAIN_MS = 2_000;

/** Turns of one kind of reading. */
export function createReadingTurns(): ReadingTurns {
  const waiting: (() => void)[] = [];
  let running = 0;

  const next = (): void => {
    const first = waiting.shift();
    if (first === undefined) running -= 1;
    else first();
  };

  return {
    async take() {
      if (running < AT_ONCE) running += 1;
      else {
        if (waiting.length >= WAITING_MAX) throw tooMany("too much is asked at once", AGAIN_MS);
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      let isOver = false;
      return {
        [Symbol.dispose]() {
          if (!isOver) next();
          isOver = true;
        },
      };
    },
  };
}
