/** Shares one request between callers that want the same. */

/** Asks a server for something. */
export type Ask<Answer> = (signal: AbortSignal) => Promise<Answer>;

/**
 * The same question, but callers who ask while it is being answered share that answer. Nothing is kept afterwards. If the
 * first caller gives up or fails, the others ask for themselves.
 */
export function singleFlight<Answer>(ask: Ask<Answer>): Ask<Answer> {
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

/** The same question, asked once: the answer is kept. A failure is not, so whoever asks next asks again. */
export function askedOnce<Answer>(ask: Ask<Answer>): Ask<Answer> {
  let known: { readonly answer: Answer } | undefined;
  const asking = singleFlight(async (signal) => {
    const answer = await ask(signal);
    known = { answer };
    return answer;
  });
  return async (signal) => (known === undefined ? asking(signal) : known.answer);
}
