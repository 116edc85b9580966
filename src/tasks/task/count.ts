/** Numbers as people give them. */
import { UsageError } from "./errors.ts";

/** More than anybody means, and far below what a number can hold exactly. */
const MOST = 999_999_999;

/** @throws UsageError unless it is a whole number above zero, within bounds */
export function readLimit(text: string): number {
  if (/^0*$/.test(text) || !isDigits(text))
    throw new UsageError(`not a number above zero: ${JSON.stringify(text)}`);
  return withinBounds(text);
}

/** @throws RangeError unless it is a whole number, UsageError when it is too large */
export function readWholeNumber(text: string): number {
  if (!isDigits(text)) throw new RangeError(`${text} is not a whole number`);
  return withinBounds(text);
}

/** How many of the newest a list shows. */
export const NEWEST_SHOWN = {
  type: "value",
  alias: "n",
  hint: "N",
  default: "20",
  parse: readLimit,
  about: "at most this many (default: 20)",
} as const;

const isDigits = (text: string): boolean => /^\d+$/.test(text);

function withinBounds(text: string): number {
  if (Number(text) <= MOST) return Number(text);
  throw new UsageError(`${text} is too large; the maximum is ${MOST.toLocaleString("en")}`);
}
