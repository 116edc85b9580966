import { expect, test } from "bun:test";
import fc from "fast-check";
import { ProtobufReader, ProtobufWriter } from "../../src/contract/contextcore.ts";

/** Each kind of value, written again and again so that the buffer grows in the middle of every one of them. */
test.each([
  [
    "varint",
    (writer: ProtobufWriter, n: number) => writer.varint(1, n * 1e9),
    (r: ProtobufReader) => r.uint64(),
    (n: number) => BigInt(n) * 1_000_000_000n,
  ],
  [
    "fixed64",
    (writer: ProtobufWriter, n: number) => writer.fixed64(1, BigInt(n)),
    (r: ProtobufReader) => r.fixed64(),
    (n: number) => BigInt(n),
  ],
  [
    "fixed32",
    (writer: ProtobufWriter, n: number) => writer.fixed32(1, n),
    (r: ProtobufReader) => r.fixed32(),
    (n: number) => n,
  ],
  [
    "double",
    (writer: ProtobufWriter, n: number) => writer.double(1, n / 3),
    (r: ProtobufReader) => r.double(),
    (n: number) => n / 3,
  ],
  [
    "string",
    (writer: ProtobufWriter, n: number) => writer.string(1, `text ${n}`),
    (r: ProtobufReader) => r.string(),
    (n: number) => `text ${n}`,
  ],
] as const)("%s survives the growth of the buffer", (_, write, read, expected) => {
  for (const capacity of [1, 2, 3, 5, 7]) {
    const writer = new ProtobufWriter(capacity);
    for (let n = 0; n < 200; n++) write(writer, n);
    const reader = new ProtobufReader(writer.finish());
    for (let n = 0; n < 200; n++) {
      expect(reader.next()).toBe(true);
      expect(read(reader)).toBe(expected(n));
    }
    expect(reader.next()).toBe(false);
  }
});

test("an integer that a number holds is read without a bigint, and no other", () => {
  const written = (value: bigint): ProtobufReader => {
    const reader = new ProtobufReader(new ProtobufWriter().varint(1, value).varint(2, 7).finish());
    reader.next();
    return reader;
  };
  const edge = Number.MAX_SAFE_INTEGER;
  for (const value of [
    0,
    1,
    127,
    128,
    2 ** 31,
    2 ** 32,
    2 ** 49 - 1,
    2 ** 49,
    edge,
    -1,
    -128,
    -(2 ** 52),
    -edge,
  ]) {
    const reader = written(BigInt(value));
    expect(reader.int53()).toBe(value);
    reader.next();
    expect(reader.uint32()).toBe(7);
  }
  for (const value of [2n ** 53n, 2n ** 60n, 2n ** 63n - 1n, -(2n ** 60n)]) {
    expect(() => written(value).int53()).toThrow("beyond 2^53");
  }
});

test("a number is written as the bigint of its value", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.integer({ min: 1, max: 2 ** 29 - 1 }), (value, field) => {
      const [number, bigint] = [value, BigInt(value)].map((one) =>
        new ProtobufWriter().varint(field, one).sint(field, one).finish(),
      );
      expect(number).toEqual(bigint);
    }),
  );
  expect(() => new ProtobufWriter().varint(1, 1.5)).toThrow(RangeError);
});

test.each([0, 1, 124, 125, 126, 127, 128, 16_000, 16_379, 16_380, 16_381, 16_384, 300_000])(
  "a message within a message of %d bytes is read as it was written",
  (length) => {
    const text = "x".repeat(length);
    const writer = new ProtobufWriter(1).varint(1, 5);
    writer.message(2, (outer) =>
      outer.message(3, (inner) => inner.string(4, text).varint(5, 6)).varint(6, 7),
    );
    writer.varint(7, 8);
    const reader = new ProtobufReader(writer.finish());
    expect([reader.next(), reader.uint32()]).toEqual([true, 5]);
    expect([reader.next(), reader.field]).toEqual([true, 2]);
    const outer = reader.message();
    expect([outer.next(), outer.field]).toEqual([true, 3]);
    const inner = outer.message();
    expect([inner.next(), inner.string() === text]).toEqual([true, true]);
    expect([inner.next(), inner.field, inner.uint32(), inner.next()]).toEqual([true, 5, 6, false]);
    expect([outer.next(), outer.field, outer.uint32(), outer.next()]).toEqual([true, 6, 7, false]);
    expect([reader.next(), reader.field, reader.uint32(), reader.next()]).toEqual([true, 7, 8, false]);
  },
);
