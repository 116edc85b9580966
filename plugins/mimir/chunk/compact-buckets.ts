import type { Buckets, HistogramSample, Span } from "./histogram-sample.ts";

/**
 * The histogram without its empty buckets. A server gives all histograms of a chunk the buckets of any of them, so which empty ones
 * there are says only how it cut its chunks, and would differ after a restore.
 */
export function compactBuckets(sample: HistogramSample): HistogramSample {
  const positive = compact(sample.positive, sample.kind);
  const negative = compact(sample.negative, sample.kind);
  if (positive === sample.positive && negative === sample.negative) return sample;
  return { ...sample, positive, negative };
}

function compact(buckets: Buckets, kind: HistogramSample["kind"]): Buckets {
  const counts = kind === "integer" ? absolute(buckets.values) : buckets.values;
  const tight = buckets.spans.every(([offset, length], at) => length > 0 && (at === 0 || offset > 0));
  if (tight && !counts.includes(0n)) return buckets;
  const indices = indicesOf(buckets.spans);
  const kept = counts.flatMap((count, at) => (count === 0n ? [] : [{ index: indices[at] ?? 0, count }]));
  const values = kept.map(({ count }) => count);
  return { spans: spansOf(kept), values: kind === "integer" ? differences(values) : values };
}

function absolute(deltas: readonly bigint[]): bigint[] {
  let count = 0n;
  return deltas.map((delta) => {
    count += delta;
    return count;
  });
}

const differences = (counts: readonly bigint[]): bigint[] =>
  counts.map((count, at) => count - (counts[at - 1] ?? 0n));

/** Which bucket each value is for. */
function indicesOf(spans: readonly Span[]): number[] {
  let next = 0;
  return spans.flatMap(([offset, length]) => {
    const first = next + offset;
    next = first + length;
    return Array.from({ length }, (_, at) => first + at);
  });
}

function spansOf(kept: readonly { readonly index: number }[]): Span[] {
  const spans: [number, number][] = [];
  let next = 0;
  for (const { index } of kept) {
    const last = spans.at(-1);
    if (last !== undefined && index === next) last[1] += 1;
    else spans.push([index - next, 1]);
    next = index + 1;
  }
  return spans;
}
