/** Lines of metrics.json: readable, and exact to the bit. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { Series } from "../../../plugins/mimir/chunk/series.ts";
import { settle } from "../../../plugins/mimir/chunk/settle.ts";
import { writeDouble } from "../../../plugins/mimir/line/double.ts";
import { compareBytes, compareLabels, labelsJson } from "../../../plugins/mimir/line/labels.ts";
import { writeLine } from "../../../plugins/mimir/line/line.ts";
import { Output } from "../../../plugins/mimir/line/output.ts";
import { parseLine } from "../../../plugins/mimir/line/parse.ts";
import type { Point } from "../../lab/mimir/series.ts";
import { anyBits, floats, histograms, SPECIAL } from "./samples.ts";
import { contentOf, labels } from "./support.ts";

const START = 1_800_000_000_000;
const words = (bits: bigint): [number, number] => [Number(bits >> 32n), Number(bits & 0xffffffffn)];

function seriesOf(points: readonly Point[]): Series {
  const series = new Series(2);
  for (const { time, bits, histogram } of points) {
    series.reserve(1);
    if (histogram === undefined) series.push(time, ...words(bits));
    else series.histograms.push(histogram);
  }
  return series;
}

function lineOf(series: Series, metric = labelsJson(labels("m"))): string {
  const out = new Output(16);
  writeLine(out, { metric }, series);
  return Buffer.from(out.finish()).toString();
}

const pointsOf = ({ count, times, high, low, histograms: list }: Series): Point[] => [
  ...Array.from({ length: count }, (_, at) => ({
    time: times[at] ?? 0,
    bits: (BigInt(high[at] ?? 0) << 32n) | BigInt(low[at] ?? 0),
  })),
  ...list.map((histogram) => ({ time: histogram.timestamp, bits: 0n, histogram })),
];

function decimal(bits: bigint): string {
  const bytes = new Uint8Array(40);
  return Buffer.from(bytes.subarray(0, writeDouble(bytes, 0, ...words(bits)))).toString();
}

test("a finite double is the shortest decimal that reads back to its bits", () => {
  fc.assert(
    fc.property(anyBits, (bits) => {
      const value = new DataView(new BigUint64Array([bits]).buffer).getFloat64(0, true);
      if (!Number.isFinite(value)) return;
      const text = decimal(bits);
      expect(Object.is(JSON.parse(text), value)).toBe(true);
      expect(text.replace(/^-/, "").length).toBeLessThanOrEqual(String(Math.abs(value)).length);
    }),
    { numRuns: 5_000 },
  );
});

test("the line is as documented", () => {
  const odd = [1.5, -0, 3].map((value, at) => ({
    time: START + at,
    bits: new BigUint64Array(new Float64Array([value]).buffer)[0] ?? 0n,
  }));
  const special = ["Prometheus' NaN", "+Inf", "-Inf", "stale", "a NaN with a message"].map((name, at) => ({
    time: START + 10 + at,
    bits: SPECIAL[name] ?? 0n,
  }));
  expect(lineOf(seriesOf([...odd, ...special]), '{"__name__":"m","job":"a\\"b"}')).toBe(
    '{"metric":{"__name__":"m","job":"a\\"b"},' +
      '"timestamps":[1800000000000,1800000000001,1800000000002,1800000000010,1800000000011,1800000000012,1800000000013,1800000000014],' +
      '"values":[1.5,-0,3,null,null,null,null,null],' +
      '"special":{"3":"NaN","4":"+Inf","5":"-Inf","6":"stale","7":"7ff8deadbeef1234"}}\n',
  );
});

test("whatever is written is read again, bit by bit", () => {
  fc.assert(
    fc.property(
      floats(START, 50),
      histograms(START, 10),
      fc.dictionary(fc.string(), fc.string()),
      (some, more, own) => {
        const metric = labelsJson(Object.entries(own));
        const { labels: read, series } = parseLine(lineOf(seriesOf([...some, ...more]), metric));
        expect(Object.fromEntries(read)).toEqual(own);
        const content = (points: readonly Point[]) => contentOf([{ labels: labels("x"), points }]);
        expect(content(pointsOf(series))).toEqual(content([...some, ...more]));
      },
    ),
  );
});

test("times of any size, and start times, survive", () => {
  const times = [-5, 0, 7, 999_999, 1_000_000, 1_000_001, START, START + 999_999, 2 ** 52];
  const series = seriesOf(times.map((time) => ({ time, bits: 0n })));
  series.starts = Float64Array.from(times, (_, at) => (at < 2 ? 0 : at < 5 ? 100 : 200));
  const line = lineOf(series);
  expect(JSON.parse(line)).toMatchObject({
    timestamps: times,
    starts: [
      [2, 100],
      [5, 200],
    ],
  });
  expect([...parseLine(line).series.starts]).toEqual([...series.starts]);
});

test.each([
  ["not JSON", "{"],
  ["no values", '{"metric":{},"timestamps":[1]}'],
  ["not as many", '{"metric":{},"timestamps":[1],"values":[]}'],
  ["a null without a name", '{"metric":{},"timestamps":[1],"values":[null]}'],
  ["an unknown special", '{"metric":{},"timestamps":[1],"values":[null],"special":{"0":"nan"}}'],
])("a line that is damaged says so: %s", (_, line) => {
  expect(() => parseLine(line)).toThrow("a line of metrics.json");
});

test("overlapping and unordered chunks become one series, cut to the window", () => {
  const give = (list: readonly (readonly [number, bigint])[]): Series =>
    seriesOf(list.map(([time, bits]) => ({ time, bits })));
  const series = give([
    [5, 1n],
    [6, 2n],
    [7, 3n],
    [4, 9n],
    [5, 1n],
    [6, 8n],
    [9, 4n],
  ]);
  expect(settle(series, 5, 9)).toEqual({ conflicts: 1 });
  expect(pointsOf(series)).toEqual([
    { time: 5, bits: 1n },
    { time: 6, bits: 2n },
    { time: 7, bits: 3n },
  ]);
});

test("series are ordered as servers stream them: pair by pair, by bytes, the shorter set first", () => {
  const sets = [
    [
      ["A", "1"],
      ["__name__", "z"],
    ],
    [["__name__", "a"]],
    [
      ["__name__", "a"],
      ["b", "1"],
    ],
    [
      ["__name__", "a"],
      ["b", "1"],
      ["c", "1"],
    ],
    [
      ["__name__", "a"],
      ["b", "2"],
    ],
    [
      ["__name__", "a"],
      ["b", "\uffff"],
    ],
    [
      ["__name__", "a"],
      ["b", "\u{10000}"],
    ],
    [["__name__", "b"]],
  ] satisfies [string, string][][];
  expect(sets.toReversed().sort(compareLabels)).toEqual(sets);
});

test("texts are ordered by their bytes", () => {
  const text = fc.string({ unit: "binary", maxLength: 4 });
  fc.assert(
    fc.property(text, text, text, (start, a, b) => {
      const order = Buffer.compare(Buffer.from(start + a), Buffer.from(start + b));
      expect(Math.sign(compareBytes(start + a, start + b))).toBe(order);
    }),
  );
});
