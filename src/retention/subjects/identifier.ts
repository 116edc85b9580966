/** What identifies a person in data. It stands in no message, log or name. */

/** Longer than any name or address. Characters */
const LONGEST = 500;

/** One character is a word of nearly every text. */
const SHORTEST = 2;

/**
 * Reads an identifier as somebody gives it: a line of text, without what is around it.
 * @throws RangeError for one that identifies nobody, or nearly everybody; the message does not repeat it
 */
export function readIdentifier(given: string): string {
  const text = given.trim();
  if (text === "") throw new RangeError("the identifier is empty");
  if (/[\r\n]/.test(text)) throw new RangeError("an identifier is one line; ask for each by itself");
  if ([...text].length > LONGEST) throw new RangeError(`the identifier is longer than ${LONGEST} characters`);
  if (!/[\p{L}\p{N}]/u.test(text))
    throw new RangeError("the identifier has no letter and no digit, and it is never a pattern");
  if ([...text].length < SHORTEST)
    throw new RangeError("an identifier of one character would match what belongs to everybody");
  return text;
}
