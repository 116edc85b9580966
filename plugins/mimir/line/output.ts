/**
 * A buffer that text is written into as bytes, and that grows. Writers take `bytes` and `length` directly, after they have
 * asked for room: one call a number would cost more than the number.
 */
export class Output {
  bytes: Uint8Array;
  length = 0;
  private readonly expected: number;

  /** @param expected about how long a long text becomes: a text that proves to be long gets that room at once */
  constructor(capacity = 65_536, expected = 0) {
    this.bytes = new Uint8Array(capacity);
    this.expected = expected;
  }

  /** Makes room for `extra` more bytes. */
  reserve(extra: number): void {
    const needed = this.length + extra;
    if (needed <= this.bytes.length) return;
    const doubled = Math.max(needed, this.bytes.length * 2);
    const jumps = doubled > CLEARLY_LONG && needed <= this.expected;
    const larger = new Uint8Array(jumps ? this.expected : doubled);
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  /** Any text, as UTF-8. */
  text(text: string): void {
    this.reserve(text.length * 3);
    this.length += encoder.encodeInto(text, this.bytes.subarray(this.length)).written;
  }

  /** Text of ASCII characters only. */
  ascii(text: string): void {
    this.reserve(text.length);
    this.length = writeAscii(this.bytes, this.length, text);
  }

  /** What was written; a view. */
  finish(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

/** Above this, doubling would allocate and copy far more than is needed. Bytes. */
const CLEARLY_LONG = 1 << 20;

const encoder = new TextEncoder();

/** Writes ASCII characters at `at`; returns where they end. */
export function writeAscii(bytes: Uint8Array, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) bytes[at + index] = text.charCodeAt(index);
  return at + text.length;
}

/** The digits of 000 to 999. */
const TRIPLES = new Uint8Array(3000);
for (let number = 0; number < 1000; number++) {
  writeAscii(TRIPLES, number * 3, String(number).padStart(3, "0"));
}

/** The most digits that {@link writeInteger} writes. */
export const INTEGER_DIGITS_MAX = 16;

/** Writes a whole number from 0 to 2^53 at `at`; returns where it ends. */
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
