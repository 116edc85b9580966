import { type Matcher, namesMatcher } from "./matchers.ts";

/** The names in one cursor or one matcher, in characters: a cursor is no place for data, and a request may be 1 MiB in Mimir. */
export const NAMES_LENGTH_MAX = 40_000;

/** What these names take as JSON. */
export const lengthOf = (names: readonly string[]): number =>
  names.reduce((sum, name) => sum + JSON.stringify(name).length + 1, 0);

/** Matchers that together leave out all of these names: several, so that no regular expression grows without bound. */
export function exceptNames(names: readonly string[]): readonly Matcher[] {
  const pieces: string[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const name of names) {
    if (length > NAMES_LENGTH_MAX) {
      pieces.push([]);
      length = 0;
    }
    pieces.at(-1)?.push(name);
    length += lengthOf([name]);
  }
  return pieces.map((piece) => namesMatcher(piece, true));
}
