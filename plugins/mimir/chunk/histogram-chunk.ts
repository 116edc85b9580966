import { type BitReader, readVarbitInt, readVarbitUint, safe } from "./bits.ts";
import { hintOf, readLayout, sharedParts } from "./histogram-layout.ts";
import { type Series, STALE_BITS, staleHistogram } from "./series.ts";
import type { StartTimes } from "./start-times.ts";
import { XorValue } from "./xor.ts";

/**
 * What stands in front of a histogram chunk's bits: how many samples it has, its flags, and its start times where the encoding
 * has them.
 */
export interface HistogramChunkHead {
  readonly count: number;
  /** The byte whose two top bits tell of counter resets. */
  readonly flags: number;
  readonly starts?: StartTimes;
}

/** A number kept as the change of its change. */
interface Trend {
  value: bigint;
  change: bigint;
}

/**
 * Appends an integer histogram chunk's samples (encodings 2 and 5; `bits` stands after the head).
 * Source: prometheus `tsdb/chunkenc/histogram.go`.
 * @throws RangeError when the chunk is damaged
 */
export function readHistogramChunk(bits: BitReader, head: HistogramChunkHead, series: Series): void {
  if (head.count === 0) return;
  const layout = readLayout(bits);
  const time = trend(readVarbitInt(bits));
  const count = trend(readVarbitUint(bits));
  const zeroCount = trend(readVarbitUint(bits));
  const sum = new XorValue();
  sum.readFirst(bits);
  const positive = readFirstBuckets(bits, layout.positiveBuckets);
  const negative = readFirstBuckets(bits, layout.negativeBuckets);
  head.starts?.readFirst(bits, Number(time.value));
  push(0);
  for (let index = 1; index < head.count; index++) {
    const before = Number(time.value);
    for (const part of [time, count, zeroCount]) advance(bits, part);
    sum.read(bits);
    if (bitsOf(sum) !== STALE_BITS) for (const bucket of [...positive, ...negative]) advance(bits, bucket);
    head.starts?.read(bits, index, before);
    bits.check();
    push(index);
  }

  function push(index: number): void {
    const timestamp = safe(Number(time.value));
    const start = head.starts?.start || undefined;
    series.histograms.push({
      ...(bitsOf(sum) === STALE_BITS
        ? staleHistogram(timestamp, "integer")
        : {
            timestamp,
            kind: "integer",
            sum: bitsOf(sum),
            ...sharedParts(layout),
            ...hintOf(head.flags, index),
            ...current(),
          }),
      ...(start === undefined ? {} : { start }),
    });
  }

  function current() {
    return {
      count: BigInt.asUintN(64, count.value),
      zeroCount: BigInt.asUintN(64, zeroCount.value),
      positive: { spans: layout.positiveSpans, values: values(positive) },
      negative: { spans: layout.negativeSpans, values: values(negative) },
    };
  }
}

/** The value's 64 bits, unsigned. */
const bitsOf = ({ high, low }: XorValue): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

const trend = (value: bigint): Trend => ({ value, change: 0n });

const values = (trends: readonly Trend[]): bigint[] => trends.map(({ value }) => value);

function advance(bits: BitReader, part: Trend): void {
  part.change += readVarbitInt(bits);
  part.value += part.change;
}

function readFirstBuckets(bits: BitReader, count: number): Trend[] {
  return Array.from({ length: count }, () => trend(readVarbitInt(bits)));
}

/**
 * Appends a float histogram chunk's samples (encodings 3 and 6; `bits` stands after the head).
 * Source: prometheus `tsdb/chunkenc/float_histogram.go`.
 * @throws RangeError when the chunk is damaged
 */
export function readFloatHistogramChunk(bits: BitReader, head: HistogramChunkHead, series: Series): void {
  if (head.count === 0) return;
  const layout = readLayout(bits);
  let time = readVarbitInt(bits);
  let change = 0n;
  const [count, zeroCount, sum] = [readFirst(bits), readFirst(bits), readFirst(bits)];
  const positive = Array.from({ length: layout.positiveBuckets }, () => readFirst(bits));
  const negative = Array.from({ length: layout.negativeBuckets }, () => readFirst(bits));
  head.starts?.readFirst(bits, Number(time));
  push(0);
  for (let index = 1; index < head.count; index++) {
    const before = Number(time);
    change += readVarbitInt(bits);
    time += change;
    for (const part of [count, zeroCount, sum]) part.read(bits);
    if (bitsOf(sum) !== STALE_BITS) for (const bucket of [...positive, ...negative]) bucket.read(bits);
    head.starts?.read(bits, index, before);
    bits.check();
    push(index);
  }

  function push(index: number): void {
    const timestamp = safe(Number(time));
    const start = head.starts?.start || undefined;
    series.histograms.push({
      ...(bitsOf(sum) === STALE_BITS
        ? staleHistogram(timestamp, "float")
        : { timestamp, kind: "float", ...sharedParts(layout), ...hintOf(head.flags, index), ...current() }),
      ...(start === undefined ? {} : { start }),
    });
  }

  function current() {
    return {
      sum: bitsOf(sum),
      count: bitsOf(count),
      zeroCount: bitsOf(zeroCount),
      positive: { spans: layout.positiveSpans, values: positive.map(bitsOf) },
      negative: { spans: layout.negativeSpans, values: negative.map(bitsOf) },
    };
  }
}

function readFirst(bits: BitReader): XorValue {
  const value = new XorValue();
  value.readFirst(bits);
  return value;
}
