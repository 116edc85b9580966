import { BitWriter } from "./bits.ts";
import type { FloatPoint } from "./xor.ts";

const STALE = 0x7ff0000000000002n;

/** A sample with the time at which its counter started, ms; 0: unknown. */
export interface StartedPoint extends FloatPoint {
  readonly start: number;
}

/** Writes start times as the format's documentation says (prometheus `tsdb/docs/format/chunks.md`, "Start timestamp encoding"). */
export class StartWriter {
  /** The header byte, known when all samples are. */
  header = 0;
  private last = 0;
  private distance = 0;
  private from = 0;

  first(out: BitWriter, time: number, start: number): void {
    if (start !== 0) {
      out.varint(BigInt(time - start));
      this.header = 0x80;
    }
    this.last = start;
  }

  /** @param before the time of the sample before */
  next(out: BitWriter, index: number, before: number, start: number): void {
    const distance = before - start;
    if (this.from > 0) out.varbitInt(BigInt(distance - this.distance));
    else if (start !== this.last || index === 127) {
      this.from = index;
      this.header |= index;
      out.varbitInt(BigInt(distance));
    }
    this.distance = distance;
    this.last = start;
  }
}

/** The window of bits that changed, shared by both of XOR2's value encodings. */
class Window {
  private leading = -1;
  private trailing = 0;

  /** Writes one of the two prefixes, and the bits. */
  write(
    out: BitWriter,
    change: bigint,
    reuse: readonly [number, number],
    renew: readonly [number, number],
  ): void {
    const text = change.toString(2).padStart(64, "0");
    const leading = Math.min(31, text.indexOf("1"));
    const trailing = 63 - text.lastIndexOf("1");
    if (this.leading >= 0 && leading >= this.leading && trailing >= this.trailing) {
      out.write(...reuse);
    } else {
      this.leading = leading;
      this.trailing = trailing;
      out.write(...renew);
      out.write(leading, 5);
      out.write((64 - leading - trailing) & 63, 6);
    }
    out.write(change >> BigInt(this.trailing), 64 - this.leading - this.trailing);
  }
}

/** A float chunk with joint codes for time and value, encoding 4. */
export function encodeXor2Chunk(points: readonly StartedPoint[]): Uint8Array {
  const out = new BitWriter();
  const starts = new StartWriter();
  const window = new Window();
  out.write(points.length, 16);
  out.write(0, 8);
  let base = 0n;
  let [time, delta] = [0, 0];
  for (const [index, point] of points.entries()) {
    const stale = point.bits === STALE;
    const change = point.bits ^ base;
    if (index === 0) {
      out.varint(BigInt(point.time));
      out.write(point.bits, 64);
      starts.first(out, point.time, point.start);
    } else {
      const step = point.time - time;
      if (index === 1) {
        out.uvarint(BigInt(step));
        writeValue(out, window, change, stale);
      } else writeJoint(out, window, { second: step - delta, change, stale });
      starts.next(out, index, time, point.start);
      delta = step;
    }
    if (!stale) base = point.bits;
    time = point.time;
  }
  const chunk = out.finish();
  chunk[2] = starts.header;
  return chunk;
}

interface Joint {
  readonly second: number;
  readonly change: bigint;
  readonly stale: boolean;
}

function writeJoint(out: BitWriter, window: Window, { second, change, stale }: Joint): void {
  if (second === 0) {
    if (stale) out.write(0b11111, 5);
    else if (change === 0n) out.bit(false);
    else {
      out.write(0b10, 2);
      window.write(out, change, [0, 1], [1, 1]);
    }
    return;
  }
  const [prefix, bits, width] = widthOf(second);
  out.write(prefix, bits);
  out.write(BigInt(second), width);
  writeValue(out, window, change, stale);
}

function widthOf(second: number): readonly [prefix: number, bits: number, width: number] {
  if (second >= -4096 && second <= 4095) return [0b110, 3, 13];
  return second >= -524_288 && second <= 524_287 ? [0b1110, 4, 20] : [0b11110, 5, 64];
}

function writeValue(out: BitWriter, window: Window, change: bigint, stale: boolean): void {
  if (stale) out.write(0b111, 3);
  else if (change === 0n) out.bit(false);
  else window.write(out, change, [0b10, 2], [0b110, 3]);
}
