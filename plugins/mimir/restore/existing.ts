import { settle } from "../chunk/settle.ts";
import { type ReadSeries, remoteRead } from "../export/remote-read.ts";
import { type Labels, metricName, readLabels } from "../line/labels.ts";
import { ownLabels } from "../server/prometheus-settings.ts";
import type { Server } from "../server/server.ts";
import { namesMatcher } from "../wire/matchers.ts";
import type { Point, SeriesPoints } from "./points.ts";

/** The points that the server holds. */
export interface Existing {
  /** Those of one series, by time. */
  of(labels: Labels): ReadonlyMap<number, Point>;
}

const NONE: ReadonlyMap<number, Point> = new Map();

/** More names are asked for in further reads. */
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
