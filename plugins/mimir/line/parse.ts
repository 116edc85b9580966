import { objectOf, PluginError, parseShape, v } from "contextcore";
import { doubleBits } from "../chunk/histogram-layout.ts";
import {
  type Buckets,
  type HistogramSample,
  Series,
  type Span,
  STALE_BITS,
  staleHistogram,
} from "../chunk/series.ts";
import { fillWords, specialWords } from "./double.ts";
import { type Labels, labelSet, readLabels } from "./labels.ts";

/** Long lists are checked by one function: a schema for each item would cost more than the item. */
const listOf = <Item>(fits: (item: unknown) => item is Item) =>
  v.custom<readonly Item[]>((input) => Array.isArray(input) && input.every(fits), "not a list of numbers");

const special = v.pipe(
  v.string(),
  v.check((name) => isSpecialName(name), "not a special value"),
);
const double = v.union([v.number(), special]);
const integer = v.union([v.pipe(v.number(), v.safeInteger()), v.pipe(v.string(), v.regex(/^-?\d+$/))]);
const spans = v.array(v.tuple([v.pipe(v.number(), v.integer()), v.pipe(v.number(), v.integer())]));
const buckets = v.object({
  spans,
  deltas: v.optional(v.array(integer), []),
  counts: v.optional(v.array(double), []),
});
const histogram = v.object({
  timestamp: v.number(),
  type: v.picklist(["integer", "float"]),
  start: v.exactOptional(v.number()),
  schema: v.optional(v.number(), 0),
  zeroThreshold: v.optional(double, 0),
  zeroCount: v.optional(double, 0),
  count: v.optional(double, 0),
  sum: double,
  positive: v.optional(buckets, { spans: [] }),
  negative: v.optional(buckets, { spans: [] }),
  customValues: v.optional(v.array(double), []),
  hint: v.exactOptional(v.picklist(["reset", "gauge"])),
});
const line = v.object({
  metric: labelSet,
  labelBytes: v.optional(v.string()),
  timestamps: listOf((item) => typeof item === "number"),
  values: listOf((item): item is number | null => typeof item === "number" || item === null),
  special: v.optional(objectOf(special), {}),
  starts: v.optional(v.array(v.tuple([v.number(), v.number()])), []),
  histograms: v.optional(v.array(histogram), []),
  raw: v.optional(
    v.array(v.object({ encoding: v.number(), minTime: v.number(), maxTime: v.number(), data: v.string() })),
    [],
  ),
});

/** One line of `metrics.json`, read. */
export interface ParsedLine {
  readonly labels: Labels;
  readonly series: Series;
}

/** Reads what {@link writeLine} wrote, bit by bit the same. @throws PluginError `invalid` naming what is wrong */
export function parseLine(text: string): ParsedLine {
  const parsed = parseShape("a line of metrics.json", line, text);
  if (parsed.timestamps.length !== parsed.values.length) throw wrong("times and values are not as many");
  const series = new Series(parsed.timestamps.length);
  setFloats(series, parsed);
  for (const one of parsed.histograms) series.histograms.push(toSample(one));
  for (const { data, ...chunk } of parsed.raw)
    series.raw.push({ ...chunk, data: Buffer.from(data, "base64") });
  setStarts(series, parsed.starts);
  return { labels: labelsOf(parsed), series };
}

const wrong = (what: string): PluginError =>
  new PluginError("invalid", `a line of metrics.json cannot be read: ${what}`);

function labelsOf({ metric, labelBytes }: v.InferOutput<typeof line>): Labels {
  return labelBytes === undefined
    ? Object.entries(metric)
    : readLabels(Buffer.from(labelBytes, "base64")).labels;
}

function setFloats(series: Series, { timestamps, values, special }: v.InferOutput<typeof line>): void {
  series.count = timestamps.length;
  series.times.set(timestamps);
  fillWords(values, series.high, series.low);
  for (let at = values.indexOf(null); at >= 0; at = values.indexOf(null, at + 1)) {
    const name = special[at];
    if (name === undefined) throw wrong("a value is null and `special` does not name it");
    [series.high[at], series.low[at]] = specialWords(name);
  }
}

function setStarts(series: Series, runs: readonly (readonly [number, number])[]): void {
  if (runs.length === 0) return;
  const starts = new Float64Array(series.times.length);
  for (const [from, start] of runs) starts.fill(start, from);
  series.starts = starts;
}

function isSpecialName(name: string): boolean {
  try {
    specialWords(name);
    return true;
  } catch {
    return false;
  }
}

type ParsedHistogram = v.InferOutput<typeof histogram>;

function toSample(parsed: ParsedHistogram): HistogramSample {
  const { timestamp, type: kind, schema, start, hint } = parsed;
  const sum = bitsOf(parsed.sum);
  const started = start === undefined ? {} : { start };
  if (sum === STALE_BITS) return { ...staleHistogram(timestamp, kind), ...started };
  const whole = kind === "integer" ? integerOf : bitsOf;
  return {
    ...{ timestamp, kind, schema, sum, ...started },
    zeroThreshold: bitsOf(parsed.zeroThreshold),
    zeroCount: whole(parsed.zeroCount),
    count: whole(parsed.count),
    positive: bucketsOf(parsed.positive, kind),
    negative: bucketsOf(parsed.negative, kind),
    customValues: parsed.customValues.map(bitsOf),
    ...(hint === undefined ? {} : { hint }),
  };
}

function bucketsOf(side: ParsedHistogram["positive"], kind: HistogramSample["kind"]): Buckets {
  const values = kind === "integer" ? (side.deltas ?? []).map(integerOf) : (side.counts ?? []).map(bitsOf);
  return { spans: side.spans as readonly Span[], values };
}

const integerOf = (value: number | string): bigint => BigInt(value);

function bitsOf(value: number | string): bigint {
  if (typeof value === "number") return doubleBits(value);
  const [high, low] = specialWords(value);
  return (BigInt(high) << 32n) | BigInt(low);
}
