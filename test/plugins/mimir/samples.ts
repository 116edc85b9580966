/** Samples of every kind, made by chance or by hand. */
import fc from "fast-check";
import { doubleBits } from "../../../plugins/mimir/chunk/histogram-layout.ts";
import { type HistogramSample, NO_BUCKETS, staleHistogram } from "../../../plugins/mimir/chunk/series.ts";
import type { Point } from "../../lab/mimir/series.ts";

/** Doubles that are easily lost: each with what it is. */
export const SPECIAL: Readonly<Record<string, bigint>> = {
  stale: 0x7ff0000000000002n,
  "Prometheus' NaN": 0x7ff8000000000001n,
  "JavaScript's NaN": 0x7ff8000000000000n,
  "a signalling NaN": 0x7ff4000000000001n,
  "the smallest NaN": 0x7ff0000000000001n,
  "the largest NaN": 0x7fffffffffffffffn,
  "a negative NaN": 0xfff8000000000001n,
  "a NaN with a message": 0x7ff8deadbeef1234n,
  "+Inf": 0x7ff0000000000000n,
  "-Inf": 0xfff0000000000000n,
  zero: 0n,
  "-0": 0x8000000000000000n,
  "the smallest denormal": 1n,
  "the largest denormal": 0x000fffffffffffffn,
  "the smallest normal": 0x0010000000000000n,
  "the largest": 0x7fefffffffffffffn,
  "2^53": doubleBits(2 ** 53),
  "2^53+2": doubleBits(2 ** 53 + 2),
  "-(2^63)": doubleBits(-(2 ** 63)),
  "1e15": doubleBits(1e15),
  "1e21": doubleBits(1e21),
  "0.1+0.2": doubleBits(0.1 + 0.2),
  "a third": doubleBits(1 / 3),
  "0.001": doubleBits(0.001),
  "-273.15": doubleBits(-273.15),
  "999999999.999999": doubleBits(999_999_999.999999),
};

/** Any 64 bits, and those that metrics are mostly made of. */
export const anyBits: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(...Object.values(SPECIAL)),
  fc.integer().map(doubleBits),
  fc.integer().map((thousandths) => doubleBits(thousandths / 1000)),
  fc.double({ noNaN: true }).map(doubleBits),
);

/** Times in order, as scrapes give them: mostly even, sometimes late, sometimes with a gap. Distances in ms. */
const distance = fc.oneof(
  { weight: 8, arbitrary: fc.constant(1_000) },
  { weight: 3, arbitrary: fc.integer({ min: 990, max: 1_010 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 40_000 }) },
);

/** Floats of one series from `from` on; a run of equal values is likely. */
export const floats = (from: number, most: number): fc.Arbitrary<Point[]> =>
  fc
    .array(fc.record({ distance, bits: anyBits, again: fc.integer({ min: 1, max: 5 }) }), { maxLength: most })
    .map((runs) => {
      const points: Point[] = [];
      let time = from;
      for (const run of runs) {
        for (let index = 0; index < run.again; index++) {
          points.push({ time, bits: run.bits });
          time += run.distance;
        }
      }
      return points;
    });

const count = fc.bigInt({ min: 0n, max: 2n ** 40n });

/** Integer histograms that a server accepts: the total is the sum of the buckets. */
const integerHistogram = fc
  .record({
    schema: fc.integer({ min: -4, max: 8 }),
    zeroThreshold: fc.constantFrom(0, 2 ** -128, 1e-6, 0.5),
    zeroCount: count,
    positive: fc.array(count, { maxLength: 6 }),
    negative: fc.array(count, { maxLength: 3 }),
    sum: fc.double({ noNaN: true, noDefaultInfinity: true }),
    gauge: fc.boolean(),
  })
  .map(
    ({ zeroThreshold, positive, negative, sum, gauge, ...rest }): Omit<HistogramSample, "timestamp"> => ({
      ...rest,
      kind: "integer",
      zeroThreshold: doubleBits(zeroThreshold),
      count: [rest.zeroCount, ...positive, ...negative].reduce((total, one) => total + one, 0n),
      sum: doubleBits(sum),
      positive: deltas(positive),
      negative: deltas(negative),
      customValues: [],
      ...(gauge ? { hint: "gauge" as const } : {}),
    }),
  );

const deltas = (counts: readonly bigint[]) =>
  counts.length === 0
    ? NO_BUCKETS
    : {
        spans: [[-2, counts.length] as const],
        values: counts.map((one, at) => one - (counts[at - 1] ?? 0n)),
      };

const floatHistogram = fc
  .record({
    schema: fc.integer({ min: -4, max: 8 }),
    zeroCount: fc.double({ min: 0, max: 1e9, noNaN: true }),
    positive: fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { maxLength: 5 }),
    sum: fc.double({ noNaN: true, noDefaultInfinity: true }),
  })
  .map(
    ({ schema, zeroCount, positive, sum }): Omit<HistogramSample, "timestamp"> => ({
      kind: "float",
      schema,
      zeroThreshold: doubleBits(2 ** -128),
      zeroCount: doubleBits(zeroCount),
      count: doubleBits([zeroCount, ...positive].reduce((total, one) => total + one, 0)),
      sum: doubleBits(sum),
      positive:
        positive.length === 0
          ? NO_BUCKETS
          : { spans: [[0, positive.length]], values: positive.map(doubleBits) },
      negative: NO_BUCKETS,
      customValues: [],
    }),
  );

/** Native histograms of one series, of one kind, with stale markers between them. */
export const histograms = (from: number, most: number): fc.Arbitrary<Point[]> =>
  fc
    .oneof(fc.array(integerHistogram, { maxLength: most }), fc.array(floatHistogram, { maxLength: most }))
    .map((list) =>
      list.map((one, index) => {
        const timestamp = from + index * 1_000;
        const histogram = index % 7 === 6 ? staleHistogram(timestamp, one.kind) : { ...one, timestamp };
        return { time: timestamp, bits: 0n, histogram };
      }),
    );
