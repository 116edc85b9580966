import type { Buckets, HistogramSample, Series, Span } from "./series.ts";

/** What {@link settle} found. */
interface Settled {
  /** Samples at a time at which the series had another value already; the first is kept. */
  readonly conflicts: number;
}

/**
 * Cuts the series to `[from, to)` ms, puts it in order with one sample for each time, and drops the empty buckets of histograms.
 * Servers answer with whole chunks, which reach outside what was asked and, with replicas or late samples, overlap.
 */
export function settle(series: Series, from: number, to: number): Settled {
  const conflicts = isInOrder(series) ? 0 : sort(series);
  cut(series, from, to);
  const histograms = settleHistograms(series.histograms, from, to);
  series.histograms = histograms.kept;
  return { conflicts: conflicts + histograms.conflicts };
}

function isInOrder({ times, count }: Series): boolean {
  for (let index = 1; index < count; index++) {
    if ((times[index] ?? 0) <= (times[index - 1] ?? 0)) return false;
  }
  return true;
}

/** Sorts by time and drops repetitions. @returns how many of them had another value */
function sort(series: Series): number {
  const { count } = series;
  const times = series.times.slice(0, count);
  const high = series.high.slice(0, count);
  const low = series.low.slice(0, count);
  const starts = series.starts.slice(0, count);
  const order = Array.from({ length: count }, (_, index) => index);
  order.sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b);
  let conflicts = 0;
  series.count = 0;
  for (const index of order) {
    const last = series.count - 1;
    if (last >= 0 && series.times[last] === times[index]) {
      if (series.high[last] !== high[index] || series.low[last] !== low[index]) conflicts += 1;
      continue;
    }
    series.push(times[index] ?? 0, high[index] ?? 0, low[index] ?? 0);
    if (starts.length > 0) series.setStart(starts[index] ?? 0);
  }
  return conflicts;
}

function cut(series: Series, from: number, to: number): void {
  const { times, high, low, starts } = series;
  let begin = 0;
  let end = series.count;
  while (begin < end && (times[begin] ?? 0) < from) begin += 1;
  while (end > begin && (times[end - 1] ?? 0) >= to) end -= 1;
  if (begin > 0) for (const column of [times, high, low, starts]) column.copyWithin(0, begin, end);
  series.count = end - begin;
}

function settleHistograms(histograms: readonly HistogramSample[], from: number, to: number) {
  const within = histograms
    .filter(({ timestamp }) => timestamp >= from && timestamp < to)
    .map(compactBuckets);
  within.sort((a, b) => a.timestamp - b.timestamp);
  const kept = within.filter((sample, index) => sample.timestamp !== within[index - 1]?.timestamp);
  const conflicts = within.filter(
    (sample, index) =>
      sample.timestamp === within[index - 1]?.timestamp && !isEqual(sample, within[index - 1]),
  );
  return { kept, conflicts: conflicts.length };
}

const isEqual = (a: HistogramSample, b: HistogramSample | undefined): boolean =>
  Bun.deepEquals({ ...a, hint: "" }, { ...b, hint: "" });

/**
 * The histogram without its empty buckets. A server gives each histogram of a chunk the buckets of all of them. So the empty ones
 * only show how it cut its chunks, and would differ after a restore.
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
