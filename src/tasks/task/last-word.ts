/** What was done, or that nothing was, when an error ended the work: the last line that a person reads. */
const WORDS = new WeakMap<object, string>();

/**
 * Attaches a last word to an error, for {@link lastWordOf}. An existing one stays, because the code nearest to the work knows
 * best.
 * @returns the error, to be thrown; anything that is not an object becomes an `Error`
 */
export function withLastWord(error: unknown, word: string): object {
  const carrier = typeof error === "object" && error !== null ? error : new Error(String(error));
  if (!WORDS.has(carrier)) WORDS.set(carrier, word);
  return carrier;
}

/** The last word attached to this error. */
export const lastWordOf = (error: unknown): string | undefined =>
  typeof error === "object" && error !== null ? WORDS.get(error) : undefined;
