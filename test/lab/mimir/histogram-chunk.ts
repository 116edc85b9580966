import { type HistogramSample, STALE_BITS } from "../../../plugins/mimir/chunk/series.ts";
import { BitWriter } from "./bits.ts";
import { XorWriter } from "./xor.ts";

const CUSTOM_BUCKETS = -53;

/** Whether two histograms fit one chunk: a stale marker fits any. */
export function fitsChunk(first: HistogramSample, next: HistogramSample): boolean {
  if (next.sum === STALE_BITS) return next.kind === first.kind;
  return first.sum !== STALE_BITS && next.hint !== "reset" && Bun.deepEquals(layoutOf(first), layoutOf(next));
}

const layoutOf = (one: HistogramSample) => ({
  kind: one.kind,
  schema: one.schema,
  zeroThreshold: one.zeroThreshold,
  customValues: one.customValues,
  positive: one.positive.spans,
  negative: one.negative.spans,
  gauge: one.hint === "gauge",
});

/** A histogram chunk, encoding 2 or 3 by kind (prometheus `tsdb/chunkenc/histogram.go`, `float_histogram.go`). */
export function encodeHistogramChunk(samples: readonly HistogramSample[]): Uint8Array {
  const [first] = samples;
  if (first === undefined) throw new RangeError("a chunk of nothing");
  const out = new BitWriter();
  out.write(samples.length, 16);
  out.write(first.hint === "gauge" ? 0b11 : first.hint === "reset" ? 0b10 : 0, 2);
  out.write(0, 6);
  writeLayout(out, first);
  if (first.kind === "integer") writeIntegers(out, samples);
  else writeFloats(out, samples);
  return out.finish();
}

function writeLayout(
  out: BitWriter,
  { schema, zeroThreshold, positive, negative, customValues }: HistogramSample,
): void {
  if (zeroThreshold === 0n) out.write(0, 8);
  else {
    out.write(255, 8);
    out.write(zeroThreshold, 64);
  }
  out.varbitInt(BigInt(schema));
  for (const { spans } of [positive, negative]) {
    out.varbitUint(BigInt(spans.length));
    for (const [offset, length] of spans) {
      out.varbitUint(BigInt(length));
      out.varbitInt(BigInt(offset));
    }
  }
  if (schema !== CUSTOM_BUCKETS) return;
  out.varbitUint(BigInt(customValues.length));
  for (const border of customValues) {
    out.bit(false);
    out.write(border, 64);
  }
}

/** A number as the change of its change. */
class TrendWriter {
  private value = 0n;
  private change = 0n;

  first(value: bigint): bigint {
    this.value = value;
    return value;
  }

  next(value: bigint): bigint {
    const change = value - this.value;
    const second = change - this.change;
    this.value = value;
    this.change = change;
    return second;
  }
}

const bucketsOf = ({ positive, negative }: HistogramSample): bigint[] => [
  ...positive.values,
  ...negative.values,
];

function writeIntegers(out: BitWriter, samples: readonly HistogramSample[]): void {
  const [time, count, zero] = [new TrendWriter(), new TrendWriter(), new TrendWriter()];
  const sum = new XorWriter();
  const buckets = bucketsOf(samples[0] as HistogramSample).map(() => new TrendWriter());
  for (const [index, sample] of samples.entries()) {
    const stale = sample.sum === STALE_BITS;
    if (index === 0) {
      out.varbitInt(time.first(BigInt(sample.timestamp)));
      out.varbitUint(count.first(sample.count));
      out.varbitUint(zero.first(sample.zeroCount));
      sum.first(out, sample.sum);
      for (const [at, value] of bucketsOf(sample).entries()) out.varbitInt(buckets[at]?.first(value) ?? 0n);
      continue;
    }
    out.varbitInt(time.next(BigInt(sample.timestamp)));
    out.varbitInt(count.next(sample.count));
    out.varbitInt(zero.next(sample.zeroCount));
    sum.next(out, sample.sum);
    if (!stale)
      for (const [at, value] of bucketsOf(sample).entries()) out.varbitInt(buckets[at]?.next(value) ?? 0n);
  }
}

function writeFloats(out: BitWriter, samples: readonly HistogramSample[]): void {
  const time = new TrendWriter();
  const [count, zero, sum] = [new XorWriter(), new XorWriter(), new XorWriter()];
  const buckets = bucketsOf(samples[0] as HistogramSample).map(() => new XorWriter());
  for (const [index, sample] of samples.entries()) {
    const write = index === 0 ? "first" : "next";
    const moment = BigInt(sample.timestamp);
    out.varbitInt(index === 0 ? time.first(moment) : time.next(moment));
    count[write](out, sample.count);
    zero[write](out, sample.zeroCount);
    sum[write](out, sample.sum);
    if (sample.sum === STALE_BITS) continue;
    for (const [at, value] of bucketsOf(sample).entries()) buckets[at]?.[write](out, value);
  }
}
