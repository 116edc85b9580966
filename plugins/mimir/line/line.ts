import { type Buckets, type HistogramSample, type Series, STALE_BITS } from "../chunk/series.ts";
import { DOUBLE_BYTES_MAX, isSpecial, specialName, toDouble, writeDouble } from "./double.ts";
import { INTEGER_DIGITS_MAX, type Output } from "./output.ts";
import { TimestampWriter } from "./timestamps.ts";

const COMMA = 44;
const NULL = [110, 117, 108, 108] as const;

/** What one line holds. */
interface LineCounts {
  /** Floats and histograms, without stale markers. */
  samples: number;
  histograms: number;
  stale: number;
}

/** The head of a line: its `metric`, and the labels' bytes where they are no UTF-8. */
interface LineHead {
  /** `{"__name__":"up"}` */
  readonly metric: string;
  /** The label messages in base64. */
  readonly labelBytes?: string;
}

const timestamps = new TimestampWriter();

/**
 * Writes one line of `metrics.json` (docs/snapshot-format.md): one series in one window.
 * The series must be in order, without two samples at one time.
 */
export function writeLine(out: Output, head: LineHead, series: Series): LineCounts {
  const counts: LineCounts = { samples: series.count, histograms: series.histograms.length, stale: 0 };
  out.text(`{"metric":${head.metric}`);
  if (head.labelBytes !== undefined) out.ascii(`,"labelBytes":"${head.labelBytes}"`);
  out.ascii(',"timestamps":[');
  out.reserve(series.count * (INTEGER_DIGITS_MAX + 2));
  out.length = timestamps.write(out.bytes, out.length, series);
  out.ascii('],"values":[');
  const special = writeValues(out, series);
  out.ascii("]");
  if (special.length > 0) out.ascii(`,"special":{${special.map(({ at, name }) => `"${at}":"${name}"`)}}`);
  if (series.starts.length > 0) out.ascii(`,"starts":${JSON.stringify(startRuns(series))}`);
  writeExtras(out, series);
  out.ascii("}\n");
  counts.stale = special.filter(({ name }) => name === "stale").length + staleHistograms(series);
  counts.samples += series.histograms.length - counts.stale;
  return counts;
}

interface Special {
  readonly at: number;
  readonly name: string;
}

/** Values that follow one another unchanged are copied, not formatted again. */
function writeValues(out: Output, { count, high, low }: Series): Special[] {
  out.reserve(count * (DOUBLE_BYTES_MAX + 1));
  const { bytes } = out;
  const special: Special[] = [];
  let at = out.length;
  let start = at;
  let end = at;
  let lastHigh = -1;
  let lastLow = -1;
  for (let index = 0; index < count; index++) {
    const valueHigh = high[index] ?? 0;
    const valueLow = low[index] ?? 0;
    if (index > 0) bytes[at++] = COMMA;
    if (isSpecial(valueHigh)) {
      special.push({ at: index, name: specialName(valueHigh, valueLow) });
      at = writeNull(bytes, at);
    } else if (valueHigh === lastHigh && valueLow === lastLow) {
      bytes.copyWithin(at, start, end);
      at += end - start;
    } else {
      start = at;
      at = writeDouble(bytes, at, valueHigh, valueLow);
      end = at;
      lastHigh = valueHigh;
      lastLow = valueLow;
    }
  }
  out.length = at;
  return special;
}

function writeNull(bytes: Uint8Array, at: number): number {
  bytes.set(NULL, at);
  return at + NULL.length;
}

/** `[[index, start], …]`: from this sample on, the counter started at this time; 0: unknown. */
function startRuns({ starts, count }: Series): [number, number][] {
  const runs: [number, number][] = [];
  for (let index = 0; index < count; index++) {
    const start = starts[index] ?? 0;
    if (start !== (runs.at(-1)?.[1] ?? 0)) runs.push([index, start]);
  }
  return runs;
}

function writeExtras(out: Output, { histograms, raw }: Series): void {
  if (histograms.length > 0) out.ascii(`,"histograms":[${histograms.map(histogramJson).join(",")}]`);
  if (raw.length === 0) return;
  const chunks = raw.map(({ encoding, minTime, maxTime, data }) =>
    JSON.stringify({ encoding, minTime, maxTime, data: Buffer.from(data).toString("base64") }),
  );
  out.ascii(`,"raw":[${chunks.join(",")}]`);
}

const staleHistograms = ({ histograms }: Series): number =>
  histograms.filter(({ sum }) => sum === STALE_BITS).length;

/**
 * A native histogram as JSON: doubles as the shortest decimal, or by name as in `special`; integers as numbers, or as
 * strings beyond 2^53. Integer histograms have `deltas`, float histograms `counts`.
 */
function histogramJson(sample: HistogramSample): string {
  const head = `{"timestamp":${sample.timestamp},"type":"${sample.kind}"${startJson(sample.start)}`;
  if (sample.sum === STALE_BITS) return `${head},"sum":"stale"}`;
  const whole = sample.kind === "integer" ? integerJson : doubleJson;
  const parts = [
    head,
    `"schema":${sample.schema}`,
    `"zeroThreshold":${doubleJson(sample.zeroThreshold)}`,
    `"zeroCount":${whole(sample.zeroCount)}`,
    `"count":${whole(sample.count)}`,
    `"sum":${doubleJson(sample.sum)}`,
    ...bucketsJson("positive", sample.positive, sample.kind),
    ...bucketsJson("negative", sample.negative, sample.kind),
    ...(sample.customValues.length === 0 ? [] : [`"customValues":[${sample.customValues.map(doubleJson)}]`]),
    ...(sample.hint === undefined ? [] : [`"hint":"${sample.hint}"`]),
  ];
  return `${parts.join(",")}}`;
}

const startJson = (start: number | undefined): string => (start === undefined ? "" : `,"start":${start}`);

function bucketsJson(side: string, { spans, values }: Buckets, kind: HistogramSample["kind"]): string[] {
  if (spans.length === 0) return [];
  const numbers =
    kind === "integer" ? `"deltas":[${values.map(integerJson)}]` : `"counts":[${values.map(doubleJson)}]`;
  return [`"${side}":{"spans":${JSON.stringify(spans)},${numbers}}`];
}

function integerJson(value: bigint): string {
  const safe = value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER;
  return safe ? value.toString() : `"${value}"`;
}

function doubleJson(bits: bigint): string {
  const high = Number(bits >> 32n);
  const low = Number(bits & 0xffffffffn);
  if (isSpecial(high)) return `"${specialName(high, low)}"`;
  const value = toDouble(high, low);
  return Object.is(value, -0) ? "-0" : String(value);
}
