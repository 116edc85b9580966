/** Fingerprints of a plugin's options. They show that a value changed, even a secret one, but not the value. */
import { createHmac } from "node:crypto";

/**
 * One for each option that has a value: HMAC-SHA256 of its JSON, hex.
 * @param key random, stored with the fingerprints but never shown, because with it a short secret could be guessed
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

/** Members are sorted, because their order does not matter. */
const sortedMembers = (_name: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;
