import { ProtobufWriter } from "contextcore";
import type { Points } from "./points.ts";

const SAMPLE_TAG = (2 << 3) | 2;
const VALUE_TAG = (1 << 3) | 1;
const TIME_TAG = 2 << 3;

/** The most bytes that a sample takes: its time, when negative, takes ten. */
const SAMPLE_BYTES_MAX = 22;

/** Writes samples, millions of them, without a call for each of their fields. */
export class SamplesWriter extends ProtobufWriter {
  /** The floats among the points: `Sample {1 double, 2 int64}` under field 2. */
  samples({ times, high, low, histograms }: Points): this {
    let at = this.reserve(times.length * SAMPLE_BYTES_MAX);
    const { bytes } = this;
    for (let index = 0; index < times.length; index++) {
      if (histograms[index] !== undefined) continue;
      const start = at;
      bytes[start] = SAMPLE_TAG;
      bytes[start + 2] = VALUE_TAG;
      writeWord(bytes, start + 3, low[index] ?? 0);
      writeWord(bytes, start + 7, high[index] ?? 0);
      bytes[start + 11] = TIME_TAG;
      at = writeTime(bytes, start + 12, times[index] ?? 0);
      bytes[start + 1] = at - start - 2;
    }
    this.length = at;
    return this;
  }
}

function writeWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word;
  bytes[at + 1] = word >>> 8;
  bytes[at + 2] = word >>> 16;
  bytes[at + 3] = word >>> 24;
}

/** Four groups of seven bits: as many as fit into a word. */
const WORD = 2 ** 28;

/** An int64 as a varint; returns where it ends. */
function writeTime(bytes: Uint8Array, start: number, time: number): number {
  if (time < 0) return writeNegative(bytes, start, time);
  let at = start;
  let rest = time;
  for (; rest >= WORD; at += 4) {
    const upper = Math.floor(rest / WORD);
    const word = rest - upper * WORD;
    bytes[at] = word | 0x80;
    bytes[at + 1] = (word >>> 7) | 0x80;
    bytes[at + 2] = (word >>> 14) | 0x80;
    bytes[at + 3] = (word >>> 21) | 0x80;
    rest = upper;
  }
  for (; rest > 0x7f; rest >>>= 7) bytes[at++] = rest | 0x80;
  bytes[at] = rest;
  return at + 1;
}

/** Ten bytes. Times before 1970 are rare enough for BigInt. */
function writeNegative(bytes: Uint8Array, start: number, time: number): number {
  let at = start;
  let rest = BigInt.asUintN(64, BigInt(time));
  for (; rest > 0x7fn; rest >>= 7n) bytes[at++] = Number(rest & 0x7fn) | 0x80;
  bytes[at] = Number(rest);
  return at + 1;
}
