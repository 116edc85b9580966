/** What is asked for by two at once is asked once. */

/** Asks the server for something. */
export type Ask<Answer> = (signal: AbortSignal) => Promise<Answer>;

/**
 * The same question; who asks while it is being answered gets that answer too. Nothing is kept afterwards. Where the first
 * asker gave up or failed, the others ask for themselves.
 */
export function askedOnce<Answer>(ask: Ask<Answer>): Ask<Answer> {
  let running: Promise<Answer> | undefined;
  return async (signal) => {
    if (running !== undefined) {
      const answered = await running.then(
        (answer) => ({ answer }),
        () => undefined,
      );
      signal.throwIfAborted();
      return answered === undefined ? ask(signal) : answered.answer;
    }
    const own = ask(signal);
    running = own;
    try {
      return await own;
    } finally {
      running = undefined;
    }
  };
}
