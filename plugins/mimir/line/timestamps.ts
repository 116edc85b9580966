import type { Series } from "../chunk/series.ts";
import { writeAscii, writeInteger, writeSix } from "./output.ts";

const COMMA = 44;

/**
 * Writes a series' times. Those of one target are scraped together, so the text of the last list is kept and copied
 * when the next series has the same times.
 */
export class TimestampWriter {
  private times = new Float64Array(0);
  private text = new Uint8Array(0);
  private count = 0;
  private length = 0;

  /** Room must have been reserved. Returns where the list ends. */
  write(bytes: Uint8Array, at: number, series: Series): number {
    if (!this.isSame(series)) this.keep(series);
    bytes.set(this.text.subarray(0, this.length), at);
    return at + this.length;
  }

  private isSame({ times, count }: Series): boolean {
    if (count !== this.count) return false;
    for (let index = 0; index < count; index++) if (times[index] !== this.times[index]) return false;
    return true;
  }

  private keep({ times, count }: Series): void {
    if (this.times.length < count) {
      this.times = new Float64Array(count * 2);
      this.text = new Uint8Array(count * 2 * 18);
    }
    this.times.set(times.subarray(0, count));
    this.count = count;
    this.length = writeTimes(this.text, times, count);
  }
}

/** Times near one another share their upper digits, which are formatted once. */
function writeTimes(bytes: Uint8Array, times: Float64Array, count: number): number {
  let at = 0;
  let upper = -1;
  let from = 0;
  let to = 0;
  for (let index = 0; index < count; index++) {
    const time = times[index] ?? 0;
    if (index > 0) bytes[at++] = COMMA;
    if (time < 1e6) {
      at = writeAscii(bytes, at, String(time));
      continue;
    }
    const millions = Math.trunc(time / 1e6);
    if (millions === upper) {
      bytes.copyWithin(at, from, to);
      at += to - from;
    } else {
      upper = millions;
      from = at;
      at = to = writeInteger(bytes, at, millions);
    }
    at = writeSix(bytes, at, time - millions * 1e6);
  }
  return at;
}
