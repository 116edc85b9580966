/** The encodings of Parquet pages that are decoded here: what a writer makes of any values comes back as it was. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { readDeltas } from "../../../plugins/tempo/storage/parquet/deltas.ts";
import { readLevels } from "../../../plugins/tempo/storage/parquet/levels.ts";

const RUNS = { numRuns: 200 };

/** A number in groups of seven bits, the lowest first. */
function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}

const zigzag = (value: bigint): number[] => varint(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)));

/** Bits of each value, the lowest first. */
function packed(values: readonly bigint[], width: number): number[] {
  const bits = values.reduce((all, value, index) => all | (value << BigInt(index * width)), 0n);
  const length = Math.ceil((values.length * width) / 8);
  return Array.from({ length }, (_, at) => Number((bits >> BigInt(at * 8)) & 0xffn));
}

const [BLOCK, PIECE] = [128, 32];

const widthOf = (values: readonly bigint[]): number =>
  values.reduce((most, value) => Math.max(most, value === 0n ? 0 : value.toString(2).length), 0);

function encodePieces(deltas: readonly bigint[], least: bigint): { widths: number[]; bytes: number[] } {
  const pieces = Array.from({ length: BLOCK / PIECE }, (_, index) =>
    deltas.slice(index * PIECE, (index + 1) * PIECE).map((delta) => BigInt.asUintN(64, delta - least)),
  );
  const widths = pieces.map(widthOf);
  const bytes = pieces.flatMap((piece, index) => {
    const padding = Array.from({ length: piece.length === 0 ? 0 : PIECE - piece.length }, () => 0n);
    return packed([...piece, ...padding], widths[index] ?? 0);
  });
  return { widths, bytes };
}

function encodeDeltas(values: readonly bigint[]): Uint8Array {
  const bytes = [BLOCK, BLOCK / PIECE, values.length].flatMap((one) => varint(BigInt(one)));
  bytes.push(...zigzag(values[0] ?? 0n));
  const deltas = values.slice(1).map((value, index) => BigInt.asIntN(64, value - (values[index] ?? 0n)));
  for (let start = 0; start < deltas.length; start += BLOCK) {
    const block = deltas.slice(start, start + BLOCK);
    const least = block.reduce((a, b) => (a < b ? a : b));
    const encoded = encodePieces(block, least);
    bytes.push(...zigzag(least), ...encoded.widths, ...encoded.bytes);
  }
  return Uint8Array.from(bytes);
}

const int64 = fc.oneof(
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
  fc.bigInt({ min: 1_795_000_000_000_000_000n, max: 1_795_000_100_000_000_000n }),
  fc.constantFrom(0n, -1n, (1n << 63n) - 1n, -(1n << 63n), 1n << 32n, (1n << 32n) - 1n),
);

test("64-bit integers that are kept as differences", () => {
  fc.assert(
    fc.property(fc.array(int64, { minLength: 1, maxLength: 300 }), (values) => {
      expect([...readDeltas(encodeDeltas(values), values.length)]).toEqual(values);
    }),
    RUNS,
  );
});

test("integers that end too early, or have no form, are an error and no endless work", () => {
  const bytes = encodeDeltas(Array.from({ length: 129 }, (_, index) => BigInt(index * index * 7_919)));
  for (const length of [0, 1, 3, 5, 20, bytes.length - 1])
    expect(() => readDeltas(bytes.subarray(0, length), 129)).toThrow();
  expect(() => readDeltas(Uint8Array.from([0, 0, 1, 0]), 2)).toThrow();
  expect(() => readDeltas(Uint8Array.from([0, 4, 1, 0, 0, 0, 0, 0, 0]), 2)).toThrow();
});

interface Run {
  readonly level: number;
  readonly count: number;
  readonly isPacked: boolean;
}

const HIGHEST = 5;

function encodeLevels(runs: readonly Run[]): { bytes: Uint8Array; levels: number[] } {
  const levels: number[] = [];
  const bytes = runs.flatMap(({ level, count, isPacked }) => {
    if (!isPacked) {
      levels.push(...Array.from({ length: count }, () => level));
      return [...varint(BigInt(count) << 1n), level];
    }
    const own = Array.from({ length: count * 8 }, (_, index) => (level + index) % (HIGHEST + 1));
    levels.push(...own);
    return [...varint((BigInt(count) << 1n) | 1n), ...packed(own.map(BigInt), 3)];
  });
  return { bytes: Uint8Array.from(bytes), levels };
}

const run = fc.record({
  level: fc.integer({ min: 0, max: HIGHEST }),
  count: fc.integer({ min: 1, max: 40 }),
  isPacked: fc.boolean(),
});

test("levels in runs and in groups of bits, of which the last may be padded", () => {
  fc.assert(
    fc.property(fc.array(run, { minLength: 1, maxLength: 8 }), fc.nat(7), (runs, left) => {
      const { bytes, levels } = encodeLevels(runs);
      const entries = Math.max(1, levels.length - (runs.at(-1)?.isPacked ? left : 0));
      const expected = levels.slice(0, entries);
      const found = readLevels(bytes, HIGHEST, entries);
      expect([...found.of]).toEqual(expected);
      expect(found.highest).toBe(expected.filter((level) => level === HIGHEST).length);
    }),
    RUNS,
  );
});

test("levels that end too early are an error", () => {
  const { bytes, levels } = encodeLevels([{ level: 2, count: 5, isPacked: true }]);
  for (let length = 0; length < bytes.length; length++)
    expect(() => readLevels(bytes.subarray(0, length), HIGHEST, levels.length)).toThrow();
  expect(() => readLevels(Uint8Array.from([0, 1]), HIGHEST, 4)).toThrow();
});
