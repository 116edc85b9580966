import type { BitReader } from "./bits.ts";

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
