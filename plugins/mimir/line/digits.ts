import { writeAscii } from "./output.ts";

/** The digits of 000 to 999. */
const TRIPLES = new Uint8Array(3000);
for (let number = 0; number < 1000; number++) {
  writeAscii(TRIPLES, number * 3, String(number).padStart(3, "0"));
}

/** The most digits that {@link writeInteger} writes. */
export const INTEGER_DIGITS_MAX = 16;

/** Writes a whole number from 0 to 2^53 at `at`; answers where it ends. */
export function writeInteger(bytes: Uint8Array, at: number, value: number): number {
  if (value < 1000) return writeLeading(bytes, at, value);
  if (value < 1e6) return writeTriple(bytes, writeLeading(bytes, at, Math.trunc(value / 1000)), value % 1000);
  const millions = Math.trunc(value / 1e6);
  return writeSix(bytes, writeInteger(bytes, at, millions), value - millions * 1e6);
}

/** Exactly six digits. */
export function writeSix(bytes: Uint8Array, at: number, value: number): number {
  const thousands = (value / 1000) | 0;
  return writeTriple(bytes, writeTriple(bytes, at, thousands), value - thousands * 1000);
}

function writeTriple(bytes: Uint8Array, at: number, value: number): number {
  const from = value * 3;
  bytes[at] = TRIPLES[from] ?? 0;
  bytes[at + 1] = TRIPLES[from + 1] ?? 0;
  bytes[at + 2] = TRIPLES[from + 2] ?? 0;
  return at + 3;
}

/** 0 to 999 without leading zeros. */
function writeLeading(bytes: Uint8Array, at: number, value: number): number {
  if (value >= 100) return writeTriple(bytes, at, value);
  if (value < 10) {
    bytes[at] = 48 + value;
    return at + 1;
  }
  bytes[at] = TRIPLES[value * 3 + 1] ?? 0;
  bytes[at + 1] = TRIPLES[value * 3 + 2] ?? 0;
  return at + 2;
}
