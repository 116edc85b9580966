import { BitWriter } from "./bits.ts";

/** A sample as a chunk holds it: ms, and the double's bits. */
export interface FloatPoint {
  readonly time: number;
  readonly bits: bigint;
}

/** Writes doubles as the change from the one before (prometheus `tsdb/chunkenc/xor.go`). */
export class XorWriter {
  private last = 0n;
  private leading = -1;
  private trailing = 0;

  first(out: BitWriter, bits: bigint): void {
    out.write(bits, 64);
    this.last = bits;
  }

  next(out: BitWriter, bits: bigint): void {
    const change = bits ^ this.last;
    this.last = bits;
    out.bit(change !== 0n);
    if (change === 0n) return;
    const text = change.toString(2).padStart(64, "0");
    const leading = Math.min(31, text.indexOf("1"));
    const trailing = 63 - text.lastIndexOf("1");
    const fits = this.leading >= 0 && leading >= this.leading && trailing >= this.trailing;
    out.bit(!fits);
    if (!fits) {
      this.leading = leading;
      this.trailing = trailing;
      out.write(leading, 5);
      out.write((64 - leading - trailing) & 63, 6);
    }
    out.write(change >> BigInt(this.trailing), 64 - this.leading - this.trailing);
  }
}

/** A float chunk, encoding 1. */
export function encodeXorChunk(points: readonly FloatPoint[]): Uint8Array {
  const out = new BitWriter();
  const value = new XorWriter();
  out.write(points.length, 16);
  let [time, delta] = [0n, 0n];
  for (const [index, point] of points.entries()) {
    const now = BigInt(point.time);
    if (index === 0) out.varint(now);
    else if (index === 1) out.uvarint(now - time);
    else writeChange(out, now - time - delta);
    delta = index === 0 ? 0n : now - time;
    time = now;
    if (index === 0) value.first(out, point.bits);
    else value.next(out, point.bits);
  }
  return out.finish();
}

const WIDTHS: readonly (readonly [bits: number, prefix: number, length: number])[] = [
  [14, 0b10, 2],
  [17, 0b110, 3],
  [20, 0b1110, 4],
];

function writeChange(out: BitWriter, change: bigint): void {
  if (change === 0n) {
    out.bit(false);
    return;
  }
  const half = (bits: number): bigint => 1n << BigInt(bits - 1);
  const fit = WIDTHS.find(([bits]) => change >= 1n - half(bits) && change <= half(bits));
  const [bits, prefix, length] = fit ?? [64, 0b1111, 4];
  out.write(prefix, length);
  out.write(change, bits);
}
