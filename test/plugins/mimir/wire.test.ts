/** Snappy, checksums, frames and selectors: what stands between the samples and the network. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Series } from "../../../plugins/mimir/chunk/series.ts";
import { encodeWriteRequest } from "../../../plugins/mimir/restore/remote-write.ts";
import { crc32c, FrameReader } from "../../../plugins/mimir/wire/frames.ts";
import { fitting, namesMatcher, parseSelector, toSelector } from "../../../plugins/mimir/wire/matchers.ts";
import { readHistogram, readTimeSeries } from "../../../plugins/mimir/wire/sampled-series.ts";
import { snappyCompress, snappyDecompress } from "../../../plugins/mimir/wire/snappy.ts";
import { ProtobufReader, ProtobufWriter } from "../../../src/contract/contextcore.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text);

describe("snappy", () => {
  test("what was packed is unpacked", () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom(bytes("abcd"), bytes("label value "), new Uint8Array(700)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const plain = Buffer.concat(pieces);
        expect(Buffer.from(snappyDecompress(snappyCompress(plain))).equals(plain)).toBe(true);
      }),
    );
  });

  test("more than one block of 64 KiB", () => {
    const plain = Buffer.from(
      Array.from({ length: 9_000 }, (_, at) => `{"instance":"${at}","job":"api"}`).join(""),
    );
    const packed = snappyCompress(plain);
    expect(packed.length).toBeLessThan(plain.length / 4);
    expect(Buffer.from(snappyDecompress(packed)).equals(plain)).toBe(true);
  });

  // From the format's description: a literal, and a copy that overlaps itself.
  test("a copy may reach into what it writes", () => {
    expect(snappyDecompress(Uint8Array.of(8, (2 - 1) << 2, 97, 98, ((6 - 4) << 2) | 1, 2))).toEqual(
      bytes("abababab"),
    );
  });

  test.each([
    ["cut literal", [4, 12, 97]],
    ["copy before the start", [4, 0, 97, 1, 5]],
    ["copy of offset 0", [4, 0, 97, 1, 0]],
    ["too short", [9, 0, 97]],
    ["too long", [1, 4, 97, 98]],
    ["a length beyond reason", [255, 255, 255, 255, 15]],
    ["nothing", []],
  ])("damaged: %s", (_, data) => {
    expect(() => snappyDecompress(Uint8Array.from(data))).toThrow(RangeError);
  });
});

// RFC 3720 appendix B.4, and the usual check value.
test.each([
  [bytes("123456789"), 0xe3069283],
  [new Uint8Array(32), 0x8a9136aa],
  [new Uint8Array(32).fill(255), 0x62a8ab43],
  [Uint8Array.from({ length: 32 }, (_, at) => at), 0x46dd794e],
])("CRC-32C %#", (data, expected) => {
  expect(crc32c(data)).toBe(expected);
});

function frame(payload: Uint8Array): Uint8Array {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32c(payload));
  const length =
    payload.length < 128 ? [payload.length] : [(payload.length & 127) | 128, payload.length >> 7];
  return Buffer.concat([Uint8Array.from(length), checksum, payload]);
}

function readFrames(pieces: readonly Uint8Array[]): string[] {
  const reader = new FrameReader("mimir at http://x");
  const read = pieces.flatMap((piece) =>
    [...reader.push(piece)].map((payload) => Buffer.from(payload).toString()),
  );
  reader.finish();
  return read;
}

describe("frames", () => {
  const payloads = ["one", "", "x".repeat(300), "four"];
  const stream = Buffer.concat(payloads.map((payload) => frame(bytes(payload))));

  test("come out whole however the body is cut", () => {
    for (const size of [1, 2, 3, 7, 100, stream.length]) {
      const pieces = Array.from({ length: Math.ceil(stream.length / size) }, (_, at) =>
        stream.subarray(at * size, (at + 1) * size),
      );
      expect(readFrames(pieces)).toEqual(payloads);
    }
  });

  test("an end that is not on a border is an error", () => {
    const borders = new Set([0]);
    for (const payload of payloads) borders.add(Math.max(...borders) + frame(bytes(payload)).length);
    for (let length = 0; length <= stream.length; length++) {
      const read = () => readFrames([stream.subarray(0, length)]);
      if (borders.has(length)) expect(read).not.toThrow();
      else expect(read).toThrow("the streamed answer");
    }
  });

  test("a flipped bit is found", () => {
    for (let at = 0; at < stream.length; at++) {
      const damaged = Buffer.from(stream);
      damaged[at] = (damaged[at] ?? 0) ^ 16;
      expect(() => readFrames([damaged])).toThrow("the streamed answer");
    }
  });

  test.each([
    "expanding series: context deadline exceeded\n",
    `the query exceeded the maximum number of chunks (limit: 2000000 chunks) ${"and so on ".repeat(30)}\n`,
  ])("an error that the server appends is told in its own words", (text) => {
    expect(() => readFrames([stream, bytes(text)])).toThrow(`ended with an error: ${text.slice(0, 40)}`);
  });
});

describe("selectors", () => {
  test.each([
    ["up", [["__name__", "=", "up"]]],
    [
      'up{job="api",env!="dev"}',
      [
        ["__name__", "=", "up"],
        ["job", "=", "api"],
        ["env", "!=", "dev"],
      ],
    ],
    [
      "{__name__=~'a|b', c!~`d\\.`}",
      [
        ["__name__", "=~", "a|b"],
        ["c", "!~", "d\\."],
      ],
    ],
    [
      '{"any name", "odd label"="x, }y"}',
      [
        ["__name__", "=", "any name"],
        ["odd label", "=", "x, }y"],
      ],
    ],
    [
      'a{b="\\"\\n\\u00e9\\x41",}',
      [
        ["__name__", "=", "a"],
        ["b", "=", '"\néA'],
      ],
    ],
  ])("%s", (source, expected) => {
    const matchers = parseSelector(source);
    expect(matchers.map(({ name, operator, value }) => [name, operator, value])).toEqual(expected);
    expect(parseSelector(toSelector(matchers))).toEqual(matchers);
  });

  test.each(["", "up{", "sum(up)", "{}", "up{job=api}", 'up{job="a" env="b"}', "up[5m]"])(
    "not one: %s",
    (source) => {
      expect(() => parseSelector(source)).toThrow("not a PromQL selector");
    },
  );

  test("any names, and none but them", () => {
    const names = ["a", "a.b", "a|b", "(x)*"];
    const [only, others] = [fitting([namesMatcher(names)]), fitting([namesMatcher(names, true)])];
    for (const name of names)
      expect([only({ __name__: name }), others({ __name__: name })]).toEqual([true, false]);
    expect([only({ __name__: "axb" }), others({ __name__: "axb" })]).toEqual([false, true]);
  });
});

describe("histograms", () => {
  /** `prompb.Histogram` with buckets as they come: packed, which may hold none, or one by one. */
  const read = (write: (writer: ProtobufWriter) => ProtobufWriter) =>
    readHistogram(new ProtobufReader(write(new ProtobufWriter()).finish()));

  test("a packed list of nothing is an empty list", () => {
    const none = new Uint8Array(0);
    const sample = read((writer) =>
      [9, 10, 12, 13, 16].reduce((all, field) => all.blob(field, none), writer).varint(15, 7),
    );
    expect(sample).toMatchObject({ timestamp: 7, positive: { values: [] }, customValues: [] });
  });

  test("packed or one by one, or both", () => {
    const packed = read((writer) => writer.blob(12, Uint8Array.of(2, 1)).blob(12, Uint8Array.of(4)));
    const single = read((writer) => writer.varint(12, 2).varint(12, 1).varint(12, 4));
    expect(packed.positive.values).toEqual([1n, -1n, 2n]);
    expect(single).toEqual(packed);
  });
});

describe("write requests", () => {
  const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const times = fc.oneof(
    fc.maxSafeInteger(),
    fc.constantFrom(0, 127, 128, 2 ** 28 - 1, 2 ** 28, 2 ** 35, 2 ** 42 - 1, 2 ** 42, -1),
    fc.integer({ min: 1.7e12, max: 1.9e12 }),
  );

  test("a server reads the samples that were packed, bit by bit", () => {
    const sample = fc.record({ time: times, high: word, low: word });
    fc.assert(
      fc.property(fc.array(fc.array(sample, { maxLength: 30 }), { maxLength: 4 }), (all) => {
        const packed = encodeWriteRequest(
          all.map((samples, at) => ({
            labels: [["__name__", `m${at}`.repeat(at * 100 + 1)]],
            points: {
              times: Float64Array.from(samples, ({ time }) => time),
              high: Uint32Array.from(samples, ({ high }) => high),
              low: Uint32Array.from(samples, ({ low }) => low),
              histograms: [],
            },
          })),
        );
        const request = new ProtobufReader(snappyDecompress(packed));
        for (const samples of all) {
          expect([request.next(), request.field]).toEqual([true, 1]);
          const series = new Series(0);
          readTimeSeries(request.slice(), series);
          const read = samples.map((_, at) => ({
            time: series.times[at],
            high: series.high[at],
            low: series.low[at],
          }));
          expect(read).toEqual(samples);
          expect(series.count).toBe(samples.length);
        }
        expect(request.next()).toBe(false);
      }),
    );
  });
});
