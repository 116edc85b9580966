import { type BitReader, readVarbitInt, readVarbitUint } from "./bits.ts";
import type { HistogramSample, Span } from "./series.ts";

/** What all histograms of one chunk share. */
interface Layout {
  readonly schema: number;
  readonly zeroThreshold: bigint;
  readonly positiveSpans: readonly Span[];
  readonly negativeSpans: readonly Span[];
  readonly customValues: readonly bigint[];
  readonly positiveBuckets: number;
  readonly negativeBuckets: number;
}

const CUSTOM_BUCKETS = -53n;
/** More than any chunk can hold: a damaged number must not exhaust the memory. */
const MOST_BUCKETS = 1 << 20;

const scratch = new DataView(new ArrayBuffer(8));

/** A double's 64 bits. Every NaN becomes the usual one, so it is only for numbers that were computed. */
export function doubleBits(value: number): bigint {
  scratch.setFloat64(0, value);
  return scratch.getBigUint64(0);
}

/**
 * The head of a histogram chunk, after its flags. Source: prometheus `tsdb/chunkenc/histogram_meta.go`.
 * @throws RangeError for a schema that is not known here
 */
export function readLayout(bits: BitReader): Layout {
  const zeroThreshold = readZeroThreshold(bits);
  const schema = readVarbitInt(bits);
  if ((schema < -4n || schema > 8n) && schema !== CUSTOM_BUCKETS) {
    throw new RangeError(`histogram schema ${schema} is not known`);
  }
  const positiveSpans = readSpans(bits);
  const negativeSpans = readSpans(bits);
  return {
    schema: Number(schema),
    zeroThreshold,
    positiveSpans,
    negativeSpans,
    customValues: schema === CUSTOM_BUCKETS ? readCustomValues(bits) : [],
    positiveBuckets: countBuckets(positiveSpans),
    negativeBuckets: countBuckets(negativeSpans),
  };
}

/** The parts of a sample that the chunk says only once. */
export const sharedParts = ({ schema, zeroThreshold, customValues }: Layout) => ({
  schema,
  zeroThreshold,
  customValues,
});

/** The two top bits of a chunk's flags: what was known when it was cut. Only the first histogram of a chunk can be a reset. */
export function hintOf(flags: number, index: number): Pick<HistogramSample, "hint"> {
  if (flags >>> 6 === 3) return { hint: "gauge" };
  return flags >>> 6 === 2 && index === 0 ? { hint: "reset" } : {};
}

/** 0, a power of two from 2^-243 to 2^10 in one byte, or 255 and the whole double. */
function readZeroThreshold(bits: BitReader): bigint {
  const byte = bits.take(8);
  if (byte === 0) return 0n;
  return byte === 255 ? bits.wide() : doubleBits(2 ** (byte - 244));
}

function readSpans(bits: BitReader): Span[] {
  const count = atMost(readVarbitUint(bits));
  return Array.from({ length: count }, () => {
    const length = atMost(readVarbitUint(bits));
    bits.check();
    return [Number(readVarbitInt(bits)), length] as const;
  });
}

/** Thousandths where that is exact, else the whole double. */
function readCustomValues(bits: BitReader): bigint[] {
  return Array.from({ length: atMost(readVarbitUint(bits)) }, () => {
    const thousandths = readVarbitUint(bits);
    bits.check();
    return thousandths === 0n ? bits.wide() : doubleBits(Number(thousandths - 1n) / 1000);
  });
}

function atMost(count: bigint): number {
  if (count > MOST_BUCKETS) throw new RangeError(`a histogram with ${count} parts makes no sense`);
  return Number(count);
}

function countBuckets(spans: readonly Span[]): number {
  return atMost(spans.reduce((sum, [, length]) => sum + BigInt(length), 0n));
}
