/** Chunks are read as they were written, for every encoding; what cannot be read is kept as it came. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readChunk } from "../../../plugins/mimir/chunk/read.ts";
import { Series } from "../../../plugins/mimir/chunk/series.ts";
import { encodeHistogramChunk } from "../../lab/mimir/histogram-chunk.ts";
import { type Chunk, type Point, toChunks } from "../../lab/mimir/series.ts";
import { encodeXorChunk } from "../../lab/mimir/xor.ts";
import { encodeXor2Chunk } from "../../lab/mimir/xor2.ts";
import { floats, histograms } from "./samples.ts";
import { contentOf, labels } from "./support.ts";

const START = 1_800_000_000_000;

function decode(chunks: readonly Chunk[]): Series {
  const series = new Series(1);
  for (const chunk of chunks) readChunk(chunk, series);
  return series;
}

const chunkOf = (encoding: number, data: Uint8Array): Chunk => ({ encoding, data, minTime: 1, maxTime: 2 });

const pointsOf = (series: Series): Point[] => [
  ...Array.from({ length: series.count }, (_, at) => ({
    time: series.times[at] ?? 0,
    bits: (BigInt(series.high[at] ?? 0) << 32n) | BigInt(series.low[at] ?? 0),
  })),
  ...series.histograms.map((histogram) => ({ time: histogram.timestamp, bits: 0n, histogram })),
];

const contentOfPoints = (points: readonly Point[]) => contentOf([{ labels: labels("x"), points }]);

/** Times that need each of the widths that an interval's change can have. */
const wildTimes = fc
  .array(
    fc.oneof(
      fc.integer({ min: 1, max: 9_000 }),
      fc.integer({ min: 1, max: 70_000 }),
      fc.integer({ min: 1, max: 2 ** 40 }),
    ),
    { maxLength: 40 },
  )
  .map((steps) => {
    let time = START;
    return steps.map((step) => (time += step));
  });

describe("floats", () => {
  test("any bits at any times", () => {
    fc.assert(
      fc.property(floats(START, 100), wildTimes, (points, times) => {
        const wild = times.flatMap((time, index) => ({ time, bits: points[index]?.bits ?? 7n }));
        for (const some of [points, wild]) {
          expect(contentOfPoints(pointsOf(decode(toChunks(some))))).toEqual(contentOfPoints(some));
        }
      }),
      { numRuns: 200 },
    );
  });

  test("a chunk that begins with anything but a count is not a chunk of floats", () => {
    const chunk = encodeXorChunk([{ time: START, bits: 1n }]);
    expect(decode([chunkOf(1, chunk.subarray(0, 5))]).raw.length).toBe(1);
  });

  test("XOR2: any bits at any times, with and without start times", () => {
    const started = fc.record({
      points: floats(START, 60),
      starts: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 300 }),
    });
    fc.assert(
      fc.property(started, ({ points, starts }) => {
        const given = points
          .slice(0, 300)
          .map((point, index) => ({ ...point, start: (starts[index] ?? 0) * (START - 5_000) }));
        const series = decode(given.length === 0 ? [] : [chunkOf(4, encodeXor2Chunk(given))]);
        expect(series.raw).toEqual([]);
        expect(contentOfPoints(pointsOf(series))).toEqual(contentOfPoints(given));
        const read = given.map((_, index) => series.starts[index] ?? 0);
        expect(read).toEqual(given.map(({ start }) => start));
      }),
      { numRuns: 200 },
    );
  });

  test("XOR2: a stale marker is no base for the value after it, wherever it stands", () => {
    const stale = 0x7ff0000000000002n;
    for (const values of [
      [stale, 5n, 5n],
      [5n, stale, 5n, 6n],
      [stale, stale, 7n],
    ]) {
      const points = values.map((bits, at) => ({ time: START + at * at * 1000, bits, start: 0 }));
      const read = pointsOf(decode([chunkOf(4, encodeXor2Chunk(points))]));
      expect(read.map(({ bits }) => bits)).toEqual(values);
    }
  });
});

describe("native histograms", () => {
  test("integer and float ones of any shape, with stale markers", () => {
    fc.assert(
      fc.property(histograms(START, 40), (points) => {
        const series = decode(toChunks(points));
        expect(series.raw).toEqual([]);
        expect(contentOfPoints(pointsOf(series))).toEqual(contentOfPoints(points));
      }),
      { numRuns: 200 },
    );
  });

  test("with start times: the count shares its bytes with the flags", () => {
    fc.assert(
      fc.property(histograms(START, 20), (points) => {
        const [chunk] = toChunks(points);
        if (chunk === undefined) return;
        // Without start times the format differs in its three first bytes only.
        const data = chunk.data.slice();
        data[0] = (data[0] ?? 0) | (data[2] ?? 0);
        data[2] = 0;
        const plain = decode([chunk]);
        const withStarts = decode([chunkOf(chunk.encoding + 3, data)]);
        expect(withStarts.histograms).toEqual(plain.histograms);
      }),
    );
  });

  test("a schema that is not known is not guessed", () => {
    const [point] =
      fc.sample(
        histograms(START, 3).filter((some) => some.length > 0),
        1,
      )[0] ?? [];
    if (point?.histogram === undefined) throw new Error("no histogram");
    const chunk = encodeHistogramChunk([{ ...point.histogram, schema: 9 }]);
    const series = decode([chunkOf(point.histogram.kind === "integer" ? 2 : 3, chunk)]);
    expect(series.histograms).toEqual([]);
    expect(series.raw.length).toBe(1);
  });
});

describe("what cannot be read", () => {
  test("an encoding that is not known is kept byte for byte", () => {
    const chunk = { encoding: 99, minTime: 5, maxTime: 9, data: Uint8Array.of(1, 2, 3) };
    expect(decode([chunk]).raw).toEqual([chunk]);
  });

  test("a chunk cut anywhere is kept, and leaves no sample behind", () => {
    const points = Array.from({ length: 120 }, (_, index) => ({
      time: START + index * 977,
      bits: BigInt(index) << 40n,
    }));
    const whole = encodeXorChunk(points);
    const good = chunkOf(1, encodeXorChunk(points.slice(0, 3)));
    for (let length = 0; length < whole.length - 1; length++) {
      const series = decode([good, chunkOf(1, whole.subarray(0, length))]);
      expect([length, series.count, series.raw.length]).toEqual([length, 3, 1]);
    }
  });

  test("random bytes are read or kept, and never take long", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7 }), fc.uint8Array({ maxLength: 200 }), (encoding, data) => {
        const series = decode([chunkOf(encoding, data)]);
        expect(series.raw.length === 0 || series.count + series.histograms.length === 0).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
