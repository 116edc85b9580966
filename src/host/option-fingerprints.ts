/** Fingerprints of a plugin's options: they tell that a value changed, a secret one too, and not what it is. */
import { createHmac } from "node:crypto";

/**
 * One for each option that has a value: HMAC-SHA256 of its JSON, hex.
 * @param key random, kept where the fingerprints are and never shown with them: else a short secret could be guessed
 */
export function optionFingerprints(
  options: Readonly<Record<string, unknown>>,
  key: string,
): Readonly<Record<string, string>> {
  const entries = Object.entries(options).flatMap(([name, value]) => {
    const text = JSON.stringify(value, sortedMembers);
    return text === undefined ? [] : [[name, createHmac("sha256", key).update(text).digest("hex")] as const];
  });
  return Object.fromEntries(entries);
}

/** The order in which members are written is no change. */
const sortedMembers = (_name: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;
