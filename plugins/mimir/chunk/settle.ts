import { compactBuckets } from "./compact-buckets.ts";
import type { HistogramSample } from "./histogram-sample.ts";
import type { Series } from "./series.ts";

/** What {@link settle} found. */
export interface Settled {
  /** Samples at a time at which the series had another value already; the first is kept. */
  readonly conflicts: number;
}

/**
 * Cuts the series to `[from, to)` ms, in order, one sample at a time, histograms without empty buckets. Servers answer with whole chunks, which reach
 * outside what was asked and, with replicas or late samples, overlap.
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

/** Sorts by time and drops repetitions; answers how many of them had another value. */
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
