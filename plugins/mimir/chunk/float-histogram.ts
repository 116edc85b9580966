import { type BitReader, safe } from "./bits.ts";
import { bitsOf, type HistogramChunkHead } from "./histogram.ts";
import { hintOf, readLayout, sharedParts } from "./histogram-layout.ts";
import { STALE_BITS, staleHistogram } from "./histogram-sample.ts";
import type { Series } from "./series.ts";
import { readVarbitInt } from "./varbit.ts";
import { XorValue } from "./xor.ts";

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
