/**
 * An independent reader of the trail's format, written from its description alone: a check of the product that does not
 * use the product.
 */
import { createHash } from "node:crypto";

type Fields = Record<string, unknown>;

/** Canonical JSON for what the tests write: sorted members, no white space. */
function sorted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sorted).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${sorted(member)}`).join(",")}}`;
}

/** @returns the events. @throws for the first line that does not continue the chain */
export function proveChain(lines: readonly string[]): Fields[] {
  let previous = "0".repeat(64);
  return lines.map((line, index) => {
    const { hash, ...rest } = JSON.parse(line);
    const expected = createHash("sha256").update(sorted(rest)).digest("hex");
    if (hash !== expected) throw new Error(`line ${index + 1}: hash ${hash}, content ${expected}`);
    if (rest.prev_hash !== previous) throw new Error(`line ${index + 1}: prev_hash does not fit`);
    if (rest.seq !== index + 1) throw new Error(`line ${index + 1}: seq ${rest.seq}`);
    previous = hash;
    return { ...rest, hash };
  });
}
