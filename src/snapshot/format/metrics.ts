/** `metrics.json`: one series per line, with `timestamps` (ms, ascending), as many `values`, and `histograms` with a time each. */
import type { Counts } from "../../contract/contract.ts";
import { canonicalJson } from "../../units/canonical-json.ts";
import type { Json, JsonObject } from "../../units/json.ts";
import type { Range } from "../../units/range.ts";
import { createExtent } from "./extent.ts";
import type { IsKept, LineFacts, LineFormat, LineRecord } from "./line-format.ts";
import { list, type Members, members } from "./members.ts";
import { requiredList, requiredObject } from "./required.ts";
import { pointsOf, withPoints } from "./series-line.ts";

/** `metrics.json`: a line is a series with some of its samples. */
export const METRICS: LineFormat = {
  file: "metrics.json",
  unit: "samples",
  counted: ["samples", "histograms", "stale"],
  check: { measure, claims },
  records,
  keep,
  join: { key: ({ metric, labelBytes }) => canonicalJson([metric ?? null, labelBytes ?? null]), join },
  labelled: {
    unit: "series",
    isIdentity: true,
    sets: (line) => [
      { labels: requiredObject(line.metric), records: (metric) => records({ ...line, metric }) },
    ],
  },
};

function measure(line: Json): LineFacts {
  const { metric, timestamps, values, histograms = [] } = requiredObject(line);
  if (!Array.isArray(timestamps) || !Array.isArray(values) || !Array.isArray(histograms))
    throw new Error("timestamps, values or histograms are not lists");
  if (typeof metric !== "object" || metric === null) throw new Error("metric is not an object");
  if (timestamps.length !== values.length)
    throw new Error(`${timestamps.length} timestamps and ${values.length} values`);
  const times: unknown[] = [
    ...ascending(timestamps),
    ...ascending(histograms.map((one: Json) => requiredObject(one).timestamp)),
  ];
  const extent = createExtent();
  for (const time of times) extent.add(`${time}000000`);
  return { counts: { points: timestamps.length + histograms.length }, ...extent.result() };
}

/** The first and the last, after checking that they are in order. */
function ascending(times: readonly unknown[]): readonly number[] {
  let last = Number.NEGATIVE_INFINITY;
  for (const time of times) {
    if (typeof time !== "number" || !(time > last))
      throw new Error(`timestamps are not ascending at ${time}`);
    last = time;
  }
  const first = times[0];
  return typeof first === "number" ? [first, last] : [];
}

/** Stale markers are points too; `samples` leaves them out, as servers do. */
function claims({ samples, stale = 0 }: Counts): Counts {
  return samples === undefined ? {} : { points: samples + stale };
}

const [SAMPLE, STALE, PACKED] = [["samples"], ["stale"], []];
const [HISTOGRAM, STALE_HISTOGRAM] = [
  ["samples", "histograms"],
  ["histograms", "stale"],
];

function* records(line: JsonObject): Generator<LineRecord> {
  const { metric, labelBytes, timestamps, values, special = {}, histograms = [], raw = [] } = line;
  // Labels that are not UTF-8 are distinguished by their bytes.
  const labels = `${canonicalJson(metric)}${labelBytes ?? ""}`;
  const names = requiredObject(special);
  const texts = requiredList(values);
  for (const [index, time] of requiredList(timestamps).entries()) {
    const value = names[index] ?? numberText(texts[index]);
    yield sample(labels, Number(time), `${value}`, value === "stale" ? STALE : SAMPLE);
  }
  for (const histogram of requiredList(histograms).map(requiredObject)) {
    const units = histogram.sum === "stale" ? STALE_HISTOGRAM : HISTOGRAM;
    yield sample(labels, Number(histogram.timestamp), `histogram ${canonicalJson(histogram)}`, units);
  }
  for (const chunk of requiredList(raw).map(requiredObject)) {
    const content = `${labels} raw ${canonicalJson(chunk)}`;
    yield { identity: content, content, time: msRange(Number(chunk.minTime)), timeMs: 0, units: PACKED };
  }
}

const sample = (labels: string, at: number, value: string, units: readonly string[]): LineRecord => ({
  identity: `${labels} ${at}`,
  content: `${labels} ${at} ${value}`,
  get time() {
    return msRange(at);
  },
  timeMs: at,
  units,
  get name() {
    return `${labels} at ${new Date(at).toISOString()}`;
  },
});

const MS = 1_000_000n;

const msRange = (ms: number): Range => ({ from: BigInt(ms) * MS, to: BigInt(ms + 1) * MS });

/** A template would write minus zero as zero. */
const numberText = (value: Json | undefined): string => (Object.is(value, -0) ? "-0" : `${value}`);

function keep(line: Members, isKept: IsKept): Members {
  const points = pointsOf(line).filter(isKept);
  const histograms = list(line.histograms).filter(isKept);
  return withPoints(line, points, histograms, list(line.raw).filter(isKept));
}

function join(lines: readonly Members[]): Members {
  const all = (name: string): readonly unknown[] => lines.flatMap((line) => list(line[name]));
  const points = lines.flatMap(pointsOf).toSorted((a, b) => a.time - b.time);
  const timeOf = (histogram: unknown): number => Number(members(histogram).timestamp);
  const histograms = all("histograms").toSorted((a, b) => timeOf(a) - timeOf(b));
  return withPoints(lines[0] ?? {}, points, histograms, all("raw"));
}
