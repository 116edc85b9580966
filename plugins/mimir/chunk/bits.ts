/**
 * Reads a chunk's bits from the front. Numbers wider than 32 bits come as two halves, since a sample's bits must never
 * become a JavaScript number (a NaN would lose its payload).
 */
export class BitReader {
  /** The next bit. */
  position = 0;
  private bytes = new Uint8Array(4096);
  private view = new DataView(this.bytes.buffer);
  private length = 0;

  /** Starts at the front of `chunk`, which is copied: a few zero bytes behind it let `peek` look past its end. */
  load(chunk: Uint8Array): void {
    if (chunk.length + 8 > this.bytes.length) {
      this.bytes = new Uint8Array((chunk.length + 8) * 2);
      this.view = new DataView(this.bytes.buffer);
    }
    this.bytes.set(chunk);
    this.bytes.fill(0, chunk.length, chunk.length + 8);
    this.length = chunk.length * 8;
    this.position = 0;
  }

  /** The next 32 bits as a signed integer, without moving: `< 0` means that the first bit is set. */
  peek(): number {
    const at = this.position >>> 3;
    const shift = this.position & 7;
    const word = this.view.getInt32(at);
    return shift === 0 ? word : (word << shift) | (this.view.getUint8(at + 4) >>> (8 - shift));
  }

  /** 1 to 32 bits, unsigned. */
  take(count: number): number {
    const value = this.peek() >>> (32 - count);
    this.position += count;
    return value;
  }

  bit(): boolean {
    return this.take(1) === 1;
  }

  /** 64 bits. */
  wide(): bigint {
    const high = this.take(32);
    return (BigInt(high) << 32n) | BigInt(this.take(32));
  }

  /** LEB128, as Go's `binary.Uvarint`. @throws RangeError beyond 2^53, or past the end */
  uvarint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 63; scale *= 128) {
      const byte = this.take(8);
      value += (byte & 0x7f) * scale;
      if (byte < 128) return safe(value);
    }
    throw new RangeError("a varint in the chunk is too long");
  }

  /** LEB128 with zigzag, as Go's `binary.Varint`. */
  varint(): number {
    const value = this.uvarint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** @throws RangeError when more was read than the chunk holds */
  check(): void {
    if (this.position > this.length) throw new RangeError("the chunk is truncated");
  }
}

/** @throws RangeError when a 64-bit integer is beyond what a number holds exactly; no time in ms is. */
export function safe(value: number): number {
  if (Number.isSafeInteger(value)) return value;
  throw new RangeError("a time in the chunk is beyond 2^53 ms");
}

/** How many bits follow a prefix of so many ones (prometheus `tsdb/chunkenc/varbit.go`). */
const WIDTHS = [0, 3, 6, 9, 12, 18, 25, 56, 64];

function readWidth(bits: BitReader): number {
  const ones = Math.min(8, Math.clz32(~bits.peek()));
  bits.position += ones === 8 ? 8 : ones + 1;
  return WIDTHS[ones] ?? 0;
}

/** A signed integer of variable width. */
export function readVarbitInt(bits: BitReader): bigint {
  const width = readWidth(bits);
  if (width === 0) return 0n;
  if (width === 64) return BigInt.asIntN(64, bits.wide());
  if (width <= 25) {
    const value = bits.take(width);
    return BigInt(value > 1 << (width - 1) ? value - (1 << width) : value);
  }
  const value = read56(bits);
  return value > 1n << 55n ? value - (1n << 56n) : value;
}

/** An unsigned integer of variable width. */
export function readVarbitUint(bits: BitReader): bigint {
  const width = readWidth(bits);
  if (width === 0) return 0n;
  if (width === 64) return bits.wide();
  return width <= 25 ? BigInt(bits.take(width)) : read56(bits);
}

function read56(bits: BitReader): bigint {
  const high = bits.take(24);
  return (BigInt(high) << 32n) | BigInt(bits.take(32));
}
