import { writeAscii, writeInteger } from "./output.ts";

/** The most bytes that one finite double takes: `-2.2250738585072014e-308`. */
export const DOUBLE_BYTES_MAX = 25;

const EXPONENT = 0x7ff00000;
const PERIOD = 46;
const MINUS = 45;

/** The only place where a value's bits become a number: finite ones, which survive it. */
const doubles = new Float64Array(1);
const words = new Uint32Array(doubles.buffer);
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/** NaN (any of them) or an infinity. */
export const isSpecial = (high: number): boolean => (high & EXPONENT) === EXPONENT;

/** The double of these bits. They must not be those of a NaN, whose payload a number loses. */
export function toDouble(high: number, low: number): number {
  words[HIGH] = high;
  words[1 - HIGH] = low;
  return doubles[0] ?? 0;
}

/** A double's 64 bits as two words; for values that were written as decimals. */
export function toWords(value: number): readonly [high: number, low: number] {
  doubles[0] = value;
  return [words[HIGH] ?? 0, words[1 - HIGH] ?? 0];
}

/** The bits of many doubles as two columns of words; those that are `null` stay 0. */
export function fillWords(values: readonly (number | null)[], high: Uint32Array, low: Uint32Array): void {
  for (let index = 0; index < values.length; index++) {
    doubles[0] = values[index] ?? 0;
    high[index] = words[HIGH] ?? 0;
    low[index] = words[1 - HIGH] ?? 0;
  }
}

/** Writes a finite double as a JSON number that reads back to the same bits, `-0` included; returns where it ends. */
export function writeDouble(bytes: Uint8Array, at: number, high: number, low: number): number {
  const value = toDouble(high, low);
  if ((high & 0x80000000) === 0) return writePositive(bytes, at, value);
  bytes[at] = MINUS;
  return writePositive(bytes, at + 1, -value);
}

/** Whole numbers and short decimals are what metrics are mostly made of; the rest is left to the runtime. */
function writePositive(bytes: Uint8Array, at: number, value: number): number {
  if (value < 1e15) {
    if (Math.trunc(value) === value) return writeInteger(bytes, at, value);
    if (value >= 1e-3 && value < 1e9) {
      const scaled = Math.round(value * 1e6);
      // A quotient of two exact integers is correctly rounded, so this decimal reads back to `value`, and one of at
      // most 15 digits is the shortest that does.
      if (scaled / 1e6 === value) return writeMillionths(bytes, at, scaled);
    }
  }
  return writeAscii(bytes, at, String(value));
}

function writeMillionths(bytes: Uint8Array, at: number, millionths: number): number {
  const whole = Math.trunc(millionths / 1e6);
  let end = writeInteger(bytes, at, whole);
  bytes[end++] = PERIOD;
  let fraction = millionths - whole * 1e6;
  for (let scale = 100_000; fraction > 0; scale /= 10) {
    const digit = (fraction / scale) | 0;
    bytes[end++] = 48 + digit;
    fraction -= digit * scale;
  }
  return end;
}

/** How a value that JSON has no number for stands in `special`: by name where it has one, else its 16 hex digits. */
export function specialName(high: number, low: number): string {
  if (low === 2 && high === 0x7ff00000) return "stale";
  if (low === 1 && high === 0x7ff80000) return "NaN";
  if (low === 0 && high === 0x7ff00000) return "+Inf";
  if (low === 0 && high === 0xfff00000) return "-Inf";
  return hex(high) + hex(low);
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, "0");

const NAMED: Readonly<Record<string, readonly [number, number]>> = {
  stale: [0x7ff00000, 2],
  NaN: [0x7ff80000, 1],
  "+Inf": [0x7ff00000, 0],
  "-Inf": [0xfff00000, 0],
};

/** The bits of a special value's name. @throws RangeError when it is none */
export function specialWords(name: string): readonly [high: number, low: number] {
  const named = Object.hasOwn(NAMED, name) ? NAMED[name] : undefined;
  if (named !== undefined) return named;
  if (!/^[0-9a-f]{16}$/.test(name)) throw new RangeError(`not a special value: ${JSON.stringify(name)}`);
  return [Number.parseInt(name.slice(0, 8), 16), Number.parseInt(name.slice(8), 16)];
}
