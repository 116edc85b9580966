import { type Counts, NS_PER_MS, type Range, toMs } from "contextcore";
import { type HistogramSample, Series, STALE_BITS } from "../chunk/series.ts";
import { type Labels, labelsJson, sortedLabels } from "../line/labels.ts";
import { writeLine } from "../line/line.ts";
import { Output } from "../line/output.ts";
import { type ParsedLine, parseLine } from "../line/parse.ts";

/** Samples of one series in time order, in columns: an object for each would cost more than all else that is done with it. */
export interface Points {
  /** ms */
  readonly times: Float64Array;
  /** A double's 64 bits as two words. */
  readonly high: Uint32Array;
  readonly low: Uint32Array;
  /** By index; what has one is no float. Empty if all are floats. */
  readonly histograms: readonly (HistogramSample | undefined)[];
}

/** One series, or a part of it. */
export interface SeriesPoints {
  /** Sorted by name, as remote write wants them. */
  readonly labels: Labels;
  readonly points: Points;
}

/** A line's points within the range, with the labels that the restore adds. */
export function readPoints(
  text: string,
  range: Range,
  added: Readonly<Record<string, string>>,
): { readonly line: ParsedLine; readonly series: SeriesPoints } {
  const line = parseLine(text);
  const points = within(pointsOf(line.series), insideOf(range));
  return { line, series: { labels: withLabels(line.labels, added), points } };
}

function within(points: Points, isInside: (time: number) => boolean): Points {
  const { times } = points;
  let [from, to] = [0, times.length];
  while (from < to && !isInside(times[from] ?? 0)) from += 1;
  while (to > from && !isInside(times[to - 1] ?? 0)) to -= 1;
  return slice(points, from, to);
}

/** All points of a series. */
export function pointsOf({ times, high, low, count, histograms }: Series): Points {
  const floats = {
    times: times.subarray(0, count),
    high: high.subarray(0, count),
    low: low.subarray(0, count),
    histograms: [],
  };
  if (histograms.length === 0 && isInOrder(floats.times)) return floats;
  const every = [
    ...histograms.map((histogram) => ({ time: histogram.timestamp, histogram, at: count })),
    ...Array.from(floats.times, (time, at) => ({ time, histogram: undefined, at })),
  ].sort((a, b) => a.time - b.time);
  return {
    times: Float64Array.from(every, ({ time }) => time),
    high: Uint32Array.from(every, ({ at }) => floats.high[at] ?? 0),
    low: Uint32Array.from(every, ({ at }) => floats.low[at] ?? 0),
    histograms: histograms.length === 0 ? [] : every.map(({ histogram }) => histogram),
  };
}

function isInOrder(times: Float64Array): boolean {
  for (let at = 1; at < times.length; at++) if ((times[at - 1] ?? 0) > (times[at] ?? 0)) return false;
  return true;
}

/** Points `[from, to)`: a view. */
export const slice = ({ times, high, low, histograms }: Points, from: number, to: number): Points => ({
  times: times.subarray(from, to),
  high: high.subarray(from, to),
  low: low.subarray(from, to),
  histograms: histograms.slice(from, to),
});

/** The points with these indexes, which ascend: a view where they lie side by side, as they mostly do. */
export function pick(points: Points, indexes: readonly number[]): Points {
  const [first = 0, last = first - 1] = [indexes[0], indexes.at(-1)];
  if (last - first + 1 === indexes.length) return slice(points, first, last + 1);
  const { times, high, low, histograms } = points;
  return {
    times: Float64Array.from(indexes, (at) => times[at] ?? 0),
    high: Uint32Array.from(indexes, (at) => high[at] ?? 0),
    low: Uint32Array.from(indexes, (at) => low[at] ?? 0),
    histograms: histograms.length === 0 ? [] : indexes.map((at) => histograms[at]),
  };
}

/** Tells times, ms, that lie in the range from others. The borders stay integers: as doubles, ns are not exact. */
export function insideOf({ from, to }: Range): (time: number) => boolean {
  const [first, last] = [toMs(from + NS_PER_MS - 1n), toMs(to - 1n)];
  return (time) => time >= first && time <= last;
}

function withLabels(labels: Labels, added: Readonly<Record<string, string>>): Labels {
  return sortedLabels({ ...Object.fromEntries(labels), ...added });
}

/** The points as a line of `metrics.json`: the form in which refused ones are reported. */
export function pointsLine({ labels, points: { times, high, low, histograms } }: SeriesPoints): string {
  const series = new Series(times.length);
  for (const [at, time] of times.entries()) {
    const histogram = histograms[at];
    if (histogram === undefined) series.push(time, high[at] ?? 0, low[at] ?? 0);
    else series.histograms.push(histogram);
  }
  const out = new Output(1024);
  writeLine(out, { metric: labelsJson(labels) }, series);
  return Buffer.from(out.finish()).toString("utf8").trimEnd();
}

/** In the units of the export: stale markers, which say that a series has ended, apart. */
export function countPoints(series: readonly SeriesPoints[]): Counts {
  let [samples, histograms, stale] = [0, 0, 0];
  for (const { points } of series) {
    samples += points.times.length;
    for (const one of points.histograms) if (one !== undefined) histograms += 1;
    for (let at = 0; at < points.times.length; at++) if (isStale(points, at)) stale += 1;
  }
  return {
    samples: samples - stale,
    ...(histograms > 0 ? { histograms } : {}),
    ...(stale > 0 ? { stale } : {}),
  };
}

function isStale({ high, low, histograms }: Points, at: number): boolean {
  const histogram = histograms[at];
  return histogram === undefined ? low[at] === 2 && high[at] === 0x7ff00000 : histogram.sum === STALE_BITS;
}
