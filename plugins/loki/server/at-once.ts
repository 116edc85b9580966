/** Shares one request between concurrent callers. */

/** Asks the server for something. */
export type Ask<Answer> = (signal: AbortSignal) => Promise<Answer>;

/**
 * The same question, but callers who ask while it is being answered share that answer. Nothing is cached afterwards. If the
 * first caller gives up or fails, the others ask for themselves.
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
