/** Short texts that a run is found by: names, ids, words. They are the caller's, so they are bounded and made sound. */

import { redactedText } from "../../redact/text.ts";

/** Characters. */
const LABEL_MAX = 500;

/** The texts among these members as they are kept; what is absent or empty stays absent. @param isFull with what looks like a secret */
export function labels<Members extends object>(members: Members, isFull: boolean): Partial<Members> {
  const kept = Object.entries(members).flatMap(([name, value]) => {
    if (typeof value === "string")
      return value === "" ? [] : [[name, isFull ? label(value) : redactedText(label(value))]];
    return value === undefined ? [] : [[name, isRecord(value) ? labels(value, isFull) : value]];
  });
  return Object.fromEntries(kept) as Partial<Members>;
}

const isRecord = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Half a surrogate pair, and characters of control, become U+FFFD. */
export const label = (text: string): string =>
  text.slice(0, LABEL_MAX).toWellFormed().replace(CONTROL, "\uFFFD");

const CONTROL = /\p{Cc}/gu;
