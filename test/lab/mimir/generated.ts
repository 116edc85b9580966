import { doubleBits } from "../../../plugins/mimir/chunk/histogram-layout.ts";
import type { Labels } from "../../../plugins/mimir/line/labels.ts";
import type { Chunk, LabSeries, Point } from "./series.ts";
import { encodeXorChunk } from "./xor.ts";

/** A series whose samples follow from their index: nothing is stored, and its chunks are made when they are read. */
export interface GeneratedOptions {
  readonly labels: Labels;
  /** ms */
  readonly from: number;
  readonly stepMs: number;
  readonly length: number;
  readonly value: (index: number) => number;
}

const CHUNK_POINTS = 120;

/**
 * Series that share `value` and `stepMs` share their chunks' bytes too, but for the first time, which is written into a
 * copy: encoding must not be what a benchmark measures.
 */
export function generatedSeries({ labels, from, stepMs, length, value }: GeneratedOptions): LabSeries {
  const indexAt = (time: number): number => Math.min(length, Math.max(0, Math.ceil((time - from) / stepMs)));
  const timeAt = (index: number): number => from + index * stepMs;
  const pointAt = (index: number): Point => ({ time: timeAt(index), bits: doubleBits(value(index)) });
  return {
    labels,
    first: from,
    last: timeAt(length - 1),
    points(low, high) {
      const [start, end] = [indexAt(low), indexAt(high + 1)];
      return Array.from({ length: Math.max(0, end - start) }, (_, index) => pointAt(start + index));
    },
    count: (low, high) => Math.max(0, indexAt(high + 1) - indexAt(low)),
    chunks(low, high) {
      const [start, end] = [indexAt(low), indexAt(high + 1)];
      if (start >= end) return [];
      const chunks: Chunk[] = [];
      for (let number = Math.floor(start / CHUNK_POINTS); number * CHUNK_POINTS < end; number++) {
        const begin = number * CHUNK_POINTS;
        const count = Math.min(CHUNK_POINTS, length - begin);
        const [minTime, maxTime] = [timeAt(begin), timeAt(begin + count - 1)];
        const data = startingAt(template(value, stepMs, begin, count), minTime);
        chunks.push({ minTime, maxTime, encoding: 1, data });
      }
      return chunks;
    },
  };
}

const templates = new WeakMap<(index: number) => number, Map<string, Uint8Array>>();

/** The chunk as it is when it begins at {@link TEMPLATE_TIME}. */
function template(
  value: (index: number) => number,
  stepMs: number,
  begin: number,
  count: number,
): Uint8Array {
  const known = templates.get(value) ?? new Map<string, Uint8Array>();
  templates.set(value, known);
  const key = `${stepMs} ${begin} ${count}`;
  const made =
    known.get(key) ??
    encodeXorChunk(
      Array.from({ length: count }, (_, index) => ({
        time: TEMPLATE_TIME + index * stepMs,
        bits: doubleBits(value(begin + index)),
      })),
    );
  known.set(key, made);
  return made;
}

/** Any time whose varint has as many bytes as the times of this century: six. */
const TEMPLATE_TIME = 1_700_000_000_000;
const TIME_BYTES = 6;

/** A copy whose first time, a varint after the two bytes of the count, is another. */
function startingAt(chunk: Uint8Array, time: number): Uint8Array {
  const copy = chunk.slice();
  let rest = time * 2;
  for (let index = 0; index < TIME_BYTES; index++) {
    copy[2 + index] = (rest % 128) | (index < TIME_BYTES - 1 ? 128 : 0);
    rest = Math.floor(rest / 128);
  }
  return copy;
}
