/**
 * 64-bit integers in the encoding DELTA_BINARY_PACKED: a first value, and for each further one how much it differs from the one
 * before it. Source: https://parquet.apache.org/docs/file-format/data-pages/encodings/
 */
import { add, type Words, words } from "./words.ts";

/** @param bytes from the encoded values on @throws Error when they end before there are `count` of them */
export function readDeltas(bytes: Uint8Array, count: number): BigInt64Array<ArrayBuffer> {
  const values = new BigInt64Array(count);
  const target = new Uint32Array(values.buffer);
  const source: Source = { bytes, at: 0, bit: 0 };
  const [size, pieces, , value] = [number(source), number(source), number(source), zigzag(source)];
  const perPiece = size / pieces;
  if (!(perPiece > 0) || perPiece % 8 !== 0) throw new Error("a block of deltas has no whole bytes");
  const rest = words();
  let done = 0;
  const keep = (): void => {
    target[done * 2] = value.low;
    target[done * 2 + 1] = value.high;
    done += 1;
  };
  if (count > 0) keep();
  while (done < count) {
    const least = zigzag(source);
    const widths = source.at;
    source.at += pieces;
    for (let piece = 0; piece < pieces && done < count; piece++) {
      const width = byteAt(bytes, widths + piece);
      const next = source.at + (perPiece * width) / 8;
      for (const end = Math.min(count, done + perPiece); done < end; keep()) {
        unpack(source, width, rest);
        add(value, least, value);
        add(value, rest, value);
      }
      [source.at, source.bit] = [next, 0];
    }
  }
  return values;
}

interface Source {
  readonly bytes: Uint8Array;
  at: number;
  /** How many bits of the byte there are taken. */
  bit: number;
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new Error("a page's integers end too early");
  return byte;
}

/** The next so many bits, at most 64, the lowest first. */
function unpack(source: Source, width: number, into: Words): void {
  if (width > 64) throw new Error(`an integer has ${width} bits`);
  const { bytes } = source;
  let [low, high, got] = [0, 0, 0];
  while (got < width) {
    const use = Math.min(8 - source.bit, width - got);
    const part = (byteAt(bytes, source.at) >>> source.bit) & ((1 << use) - 1);
    if (got < 32) low |= part << got;
    if (got + use > 32) high |= got < 32 ? part >>> (32 - got) : part << (got - 32);
    got += use;
    source.bit += use;
    if (source.bit < 8) continue;
    source.at += 1;
    source.bit = 0;
  }
  into.low = low >>> 0;
  into.high = high >>> 0;
}

/** A number in groups of seven bits, the lowest first. */
function number(source: Source): number {
  let value = 0;
  for (let factor = 1; factor < 2 ** 49; factor *= 128) {
    const byte = byteAt(source.bytes, source.at++);
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value;
  }
  throw new Error("a number of a page is too long");
}

/** A signed number, of which the lowest bit is the sign. */
function zigzag(source: Source): Words {
  const value = words();
  for (let shift = 0; ; shift += 7) {
    const byte = byteAt(source.bytes, source.at++);
    const part = byte & 0x7f;
    if (shift < 32) value.low |= part << shift;
    if (shift > 25) value.high |= shift < 32 ? part >>> (32 - shift) : part << (shift - 32);
    if (byte < 0x80) break;
    if (shift > 63) throw new Error("a number of a page is too long");
  }
  const isNegative = (value.low & 1) === 1;
  const low = (value.low >>> 1) | (value.high << 31);
  const high = value.high >>> 1;
  return { low: (isNegative ? ~low : low) >>> 0, high: (isNegative ? ~high : high) >>> 0 };
}
