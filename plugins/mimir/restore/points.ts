import { NS_PER_MS, type Range, toMs } from "contextcore";
import { type HistogramSample, Series, STALE_BITS } from "../chunk/series.ts";
import { settle } from "../chunk/settle.ts";
import { type Labels, labelsJson, metricName, readLabels, sortedLabels } from "../line/labels.ts";
import { writeLine } from "../line/line.ts";
import { Output } from "../line/output.ts";
import { type ParsedLine, parseLine } from "../line/parse.ts";
import { type ReadSeries, remoteRead } from "../server/remote-read.ts";
import type { Server } from "../server/server.ts";
import { ownLabels } from "../server/settings.ts";
import { namesMatcher } from "../wire/matchers.ts";

/** One sample: a double's 64 bits as two words, or a native histogram. */
export interface Point {
  /** ms */
  readonly time: number;
  readonly high: number;
  readonly low: number;
  readonly histogram?: HistogramSample;
}

/** Points of one series, in time order. */
export interface SeriesPoints {
  /** Sorted by name, as remote write wants them. */
  readonly labels: Labels;
  readonly points: readonly Point[];
}

/** A line's points within the range, with the labels that the restore adds. */
export function readPoints(
  text: string,
  range: Range,
  added: Readonly<Record<string, string>>,
): { readonly line: ParsedLine; readonly series: SeriesPoints } {
  const line = parseLine(text);
  const { times, high, low, count, histograms } = line.series;
  const points: Point[] = histograms.map((histogram) => ({
    time: histogram.timestamp,
    high: 0,
    low: 0,
    histogram,
  }));
  for (let index = 0; index < count; index++) {
    points.push({ time: times[index] ?? 0, high: high[index] ?? 0, low: low[index] ?? 0 });
  }
  const isInside = insideOf(range);
  const within = points.filter(({ time }) => isInside(time));
  within.sort((a, b) => a.time - b.time);
  return { line, series: { labels: withLabels(line.labels, added), points: within } };
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
export function pointsLine({ labels, points }: SeriesPoints): string {
  const series = new Series(points.length);
  for (const { time, high, low, histogram } of points) {
    if (histogram === undefined) series.push(time, high, low);
    else series.histograms.push(histogram);
  }
  const out = new Output(1024);
  writeLine(out, { metric: labelsJson(labels) }, series);
  return Buffer.from(out.finish()).toString("utf8").trimEnd();
}

/** Whether the point says that its series has ended. */
export const isStale = ({ high, low, histogram }: Point): boolean =>
  histogram === undefined ? high === 0x7ff00000 && low === 2 : histogram.sum === STALE_BITS;

/** The same value, bit by bit. What a server infers of a histogram's neighbours does not count. */
export function isSamePoint(a: Point, b: Point): boolean {
  if (a.histogram === undefined || b.histogram === undefined) {
    return a.histogram === b.histogram && a.high === b.high && a.low === b.low;
  }
  return Bun.deepEquals(comparable(a.histogram), comparable(b.histogram));
}

const comparable = ({ hint: _, start: __, ...rest }: HistogramSample) => rest;

/** The points that the server holds. */
export interface Existing {
  /** Those of one series, by time. */
  of(labels: Labels): ReadonlyMap<number, Point>;
}

const NONE: ReadonlyMap<number, Point> = new Map();

/** How many names one read asks for. */
const NAMES_PER_READ = 500;

/** Reads back what the server holds of these series, at the times of their points. */
export async function readExisting(
  server: Server,
  wanted: readonly SeriesPoints[],
  signal: AbortSignal,
): Promise<Existing> {
  const own = await ownLabels(server, signal);
  const keyOf = (labels: Labels): string => JSON.stringify(own(labels));
  const found = new Map<string, Map<number, Point>>(wanted.map(({ labels }) => [keyOf(labels), new Map()]));
  const times = wanted.flatMap(({ points }) => (points.length === 0 ? [] : [points[0], points.at(-1)]));
  const fromMs = Math.min(...times.map((point) => point?.time ?? 0));
  const lastMs = Math.max(...times.map((point) => point?.time ?? 0));
  const names = [...new Set(wanted.map(({ labels }) => metricName(labels)))];
  for (let start = 0; start < names.length && times.length > 0; start += NAMES_PER_READ) {
    const matchers = [namesMatcher(names.slice(start, start + NAMES_PER_READ))];
    const answer = await remoteRead(server, { fromMs, lastMs, matchers }, signal);
    for await (const read of answer.read()) {
      const points = found.get(keyOf(readLabels(read.labelBytes).labels));
      if (points !== undefined) keep(points, read, fromMs, lastMs + 1);
    }
  }
  return { of: (labels) => found.get(keyOf(labels)) ?? NONE };
}

function keep(points: Map<number, Point>, { series }: ReadSeries, from: number, to: number): void {
  settle(series, from, to);
  for (let index = 0; index < series.count; index++) {
    const time = series.times[index] ?? 0;
    points.set(time, { time, high: series.high[index] ?? 0, low: series.low[index] ?? 0 });
  }
  for (const histogram of series.histograms) {
    points.set(histogram.timestamp, { time: histogram.timestamp, high: 0, low: 0, histogram });
  }
}
