/** Writes bits from the front of a buffer that grows: the other side of the plugin's reader. */
export class BitWriter {
  private bytes = new Uint8Array(256);
  private length = 0;

  /** The low `count` bits of `value`. */
  write(value: bigint | number, count: number): void {
    const wide = BigInt.asUintN(64, BigInt(value));
    for (let left = count - 1; left >= 0; left--) this.bit(((wide >> BigInt(left)) & 1n) === 1n);
  }

  bit(set: boolean): void {
    const at = this.length >>> 3;
    if (at >= this.bytes.length) {
      const larger = new Uint8Array(this.bytes.length * 2);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    if (set) this.bytes[at] = (this.bytes[at] ?? 0) | (128 >>> (this.length & 7));
    this.length += 1;
  }

  /** Go's `binary.PutUvarint`, at whatever bit it stands. */
  uvarint(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    for (; rest > 127n; rest >>= 7n) this.write((rest & 127n) | 128n, 8);
    this.write(rest, 8);
  }

  varint(value: bigint): void {
    this.uvarint((value << 1n) ^ (value >> 63n));
  }

  /** Signed, of variable width (prometheus `tsdb/chunkenc/varbit.go`). */
  varbitInt(value: bigint): void {
    const fits = (bits: number): boolean =>
      -((1n << BigInt(bits - 1)) - 1n) <= value && value <= 1n << BigInt(bits - 1);
    this.varbit(value, value === 0n ? 0 : (VARBIT_WIDTHS.find(fits) ?? 64));
  }

  varbitUint(value: bigint): void {
    this.varbit(value, value === 0n ? 0 : (VARBIT_WIDTHS.find((bits) => value < 1n << BigInt(bits)) ?? 64));
  }

  finish(): Uint8Array {
    return this.bytes.slice(0, (this.length + 7) >>> 3);
  }

  private varbit(value: bigint, width: number): void {
    if (width === 0) {
      this.bit(false);
      return;
    }
    const ones = width === 64 ? 8 : VARBIT_WIDTHS.indexOf(width) + 1;
    for (let index = 0; index < ones; index++) this.bit(true);
    if (ones < 8) this.bit(false);
    this.write(value, width);
  }
}

const VARBIT_WIDTHS = [3, 6, 9, 12, 18, 25, 56];
