import { type Buckets, type HistogramSample, STALE_BITS } from "../chunk/histogram-sample.ts";
import { isSpecial, specialName, toDouble } from "./double.ts";

/**
 * A native histogram as JSON: doubles as the shortest decimal, or by name as in `special`; integers as numbers, or as
 * strings beyond 2^53. Integer histograms have `deltas`, float histograms `counts`.
 */
export function histogramJson(sample: HistogramSample): string {
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
