/** What is true after an error (what was done, or that nothing was): the last line that a person reads. */
const WORDS = new WeakMap<object, string>();

/**
 * Lets {@link lastWordOf} find `word` at this error. Who is nearest to the deed knows best: a word that the error has stays.
 * @returns the error, to be thrown; what is no object becomes an `Error`
 */
export function withLastWord(error: unknown, word: string): object {
  const carrier = typeof error === "object" && error !== null ? error : new Error(String(error));
  if (!WORDS.has(carrier)) WORDS.set(carrier, word);
  return carrier;
}

/** What was said to be true after this error. */
export const lastWordOf = (error: unknown): string | undefined =>
  typeof error === "object" && error !== null ? WORDS.get(error) : undefined;
