import { type BitReader, safe } from "./bits.ts";
import type { Series } from "./series.ts";

/**
 * The last value of a run of XOR-encoded doubles, as two words, and the window of bits that changed last.
 * Source: prometheus `tsdb/chunkenc/xor.go`.
 */
export class XorValue {
  high = 0;
  low = 0;
  private leading = 0;
  private trailing = 0;

  /** The first value is stored whole. */
  readFirst(bits: BitReader): void {
    this.high = bits.take(32);
    this.low = bits.take(32);
    this.leading = 0;
    this.trailing = 0;
  }

  /** `0` unchanged, `10` in the last window, `11` in a new one. */
  read(bits: BitReader): void {
    const word = bits.peek();
    if (word >= 0) {
      bits.position += 1;
    } else if (word << 1 >= 0) {
      bits.position += 2;
      this.readChanged(bits);
    } else {
      bits.position += 2;
      this.readWindow(bits);
    }
  }

  /** 5 bits of leading zeros, 6 bits of length (0 is 64), then the bits that changed. */
  readWindow(bits: BitReader): void {
    const word = bits.peek();
    bits.position += 11;
    this.leading = word >>> 27;
    const length = (word >>> 21) & 63 || 64;
    if (this.leading + length > 64) throw new RangeError("the chunk's value window is wider than 64 bits");
    this.trailing = 64 - this.leading - length;
    this.readChanged(bits);
  }

  /** The bits of the window, XORed onto the last value. */
  readChanged(bits: BitReader): void {
    const { trailing } = this;
    const length = 64 - this.leading - trailing;
    if (length > 32) {
      const top = bits.take(length - 32);
      const bottom = bits.take(32);
      this.high ^= trailing === 0 ? top : (top << trailing) | (bottom >>> (32 - trailing));
      this.low ^= bottom << trailing;
    } else {
      const changed = bits.take(length);
      if (trailing >= 32) this.high ^= changed << (trailing - 32);
      else {
        this.low ^= changed << trailing;
        if (trailing > 0) this.high ^= changed >>> (32 - trailing);
      }
    }
  }
}

const value = new XorValue();

/** Appends a float chunk's samples (encoding 1). @throws RangeError when the chunk is damaged */
export function readXorChunk(bits: BitReader, series: Series): void {
  const count = bits.take(16);
  if (count === 0) return;
  series.reserve(count);
  let time = bits.varint();
  value.readFirst(bits);
  series.push(time, value.high, value.low);
  if (count > 1) {
    let delta = bits.uvarint();
    time += delta;
    value.read(bits);
    series.push(time, value.high, value.low);
    for (let index = 2; index < count; index++) {
      if (bits.peek() >= 0) bits.position += 1;
      else delta += readDelta(bits);
      time += delta;
      value.read(bits);
      series.push(time, value.high, value.low);
    }
  }
  safe(time);
}

/** A change of the interval that is not 0: `10` and 14 bits, `110` and 17, `1110` and 20, `1111` and 64. */
function readDelta(bits: BitReader): number {
  const prefix = bits.peek() >>> 28;
  if (prefix < 12) return signed(bits, 2, 14);
  if (prefix < 14) return signed(bits, 3, 17);
  if (prefix === 14) return signed(bits, 4, 20);
  bits.position += 4;
  const high = bits.take(32) | 0;
  return safe(high * 4_294_967_296 + bits.take(32));
}

function signed(bits: BitReader, prefix: number, width: number): number {
  bits.position += prefix;
  const value = bits.take(width);
  return value > 1 << (width - 1) ? value - (1 << width) : value;
}
