/** A step that is the end of whoever runs it is told apart from those that ran beside it. */

/** Who ran a step is gone; the message says how. */
export class LostWorker extends Error {
  override readonly name = "LostWorker";
}

/** A step that so many processes did not survive is the reason: from the second on nothing else runs beside it. */
const LIVES = 3;

/**
 * Tries a step until somebody survives it.
 * @param attempt runs it once; alone, if it may be the reason
 * @throws what the step throws; LostWorker when it was the end of too many
 */
export async function survived<Result>(attempt: (isAlone: boolean) => Promise<Result>): Promise<Result> {
  for (let life = 1; ; life += 1) {
    try {
      return await attempt(life > 1);
    } catch (error) {
      if (!(error instanceof LostWorker)) throw error;
      if (life === LIVES)
        throw new LostWorker(
          `${LIVES} processes that tried to read it were lost, the last one alone with it: ${error.message}`,
        );
    }
  }
}
