/**
 * Whether a text has this very value in it, as a whole word: no letter, digit or `_` stands right beside it. So a search for 12
 * does not find 123. Everything that looks for a person's identifier uses it, so that all of them find the same.
 * @param value taken literally, never as a pattern
 */
export function holdsWord(value: string): (text: string) => boolean {
  const pattern = new RegExp(
    `(?<![\\p{L}\\p{N}_])${value.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&")}(?![\\p{L}\\p{N}_])`,
    "u",
  );
  return (text) => text.includes(value) && pattern.test(text);
}
