import { type BitReader, safe } from "./bits.ts";
import type { Series } from "./series.ts";
import { readStartHeader, StartTimes } from "./start-times.ts";
import { XorValue } from "./xor.ts";

const STALE_HIGH = 0x7ff00000;
const STALE_LOW = 2;

/**
 * Appends an XOR2 chunk's samples (encoding 4): XOR with a joint prefix for time and value, an own code for the stale
 * marker (which is not a base for the next value), and start times.
 * Source: prometheus `tsdb/docs/format/chunks.md`, `tsdb/chunkenc/xor2.go`.
 * @throws RangeError when the chunk is damaged
 */
export function readXor2Chunk(bits: BitReader, series: Series): void {
  const count = bits.take(16);
  const starts = new StartTimes(readStartHeader(bits));
  if (count === 0) return;
  series.reserve(count);
  const value = new XorValue();
  let time = bits.varint();
  let delta = 0;
  value.readFirst(bits);
  series.push(time, value.high, value.low);
  if (isStale(value)) value.high = value.low = 0;
  if (starts.readFirst(bits, time)) series.setStart(starts.start);
  for (let index = 1; index < count; index++) {
    const before = time;
    const { change, stale } = index === 1 ? readSecond(bits, value) : readJoint(bits, value);
    delta += change;
    time += delta;
    if (stale) series.push(time, STALE_HIGH, STALE_LOW);
    else series.push(time, value.high, value.low);
    starts.read(bits, index, before);
    if (starts.start !== 0) series.setStart(starts.start);
  }
  safe(time);
}

const isStale = ({ high, low }: XorValue): boolean => high >>> 0 === STALE_HIGH && low === STALE_LOW;

interface Joint {
  /** By how much the interval changed, ms. */
  readonly change: number;
  readonly stale: boolean;
}

function readSecond(bits: BitReader, value: XorValue): Joint {
  const change = bits.uvarint();
  return { change, stale: readValue(bits, value) };
}

/** `0` nothing changed; `10` the value; `110` 13 bits; `1110` 20 bits; `11110` 64 bits; `11111` stale. */
function readJoint(bits: BitReader, value: XorValue): Joint {
  const prefix = bits.peek() >>> 27;
  if (prefix < 16) {
    bits.position += 1;
    return { change: 0, stale: false };
  }
  if (prefix < 24) {
    bits.position += 2;
    readChangedValue(bits, value);
    return { change: 0, stale: false };
  }
  if (prefix === 31) {
    bits.position += 5;
    return { change: 0, stale: true };
  }
  const change = readChange(bits, prefix);
  return { change, stale: readValue(bits, value) };
}

function readChange(bits: BitReader, prefix: number): number {
  if (prefix < 28) return twosComplement(bits, 3, 13);
  if (prefix < 30) return twosComplement(bits, 4, 20);
  bits.position += 5;
  const high = bits.take(32) | 0;
  return safe(high * 4_294_967_296 + bits.take(32));
}

function twosComplement(bits: BitReader, prefix: number, width: number): number {
  bits.position += prefix;
  return (bits.take(width) << (32 - width)) >> (32 - width);
}

/** `0` unchanged; `10` in the last window; `110` in a new one; `111` stale, which is the answer. */
function readValue(bits: BitReader, value: XorValue): boolean {
  const prefix = bits.peek() >>> 29;
  if (prefix < 4) bits.position += 1;
  else if (prefix < 6) {
    bits.position += 2;
    value.readChanged(bits);
  } else {
    bits.position += 3;
    if (prefix === 7) return true;
    value.readWindow(bits);
  }
  return false;
}

/** `0` in the last window, `1` in a new one: that it changed is known. */
function readChangedValue(bits: BitReader, value: XorValue): void {
  if (bits.bit()) value.readWindow(bits);
  else value.readChanged(bits);
}
