import { STALE_BITS } from "../chunk/histogram-sample.ts";
import type { Series } from "../chunk/series.ts";
import { INTEGER_DIGITS_MAX } from "./digits.ts";
import { DOUBLE_BYTES_MAX, isSpecial, specialName, writeDouble } from "./double.ts";
import { histogramJson } from "./histogram.ts";
import type { Output } from "./output.ts";
import { TimestampWriter } from "./timestamps.ts";

const COMMA = 44;
const NULL = [110, 117, 108, 108] as const;

/** What one line holds. */
export interface LineCounts {
  /** Floats and histograms, without stale markers. */
  samples: number;
  histograms: number;
  stale: number;
}

/** The head of a line: its `metric`, and the labels' bytes where they are no UTF-8. */
export interface LineHead {
  /** `{"__name__":"up"}` */
  readonly metric: string;
  /** The label messages in base64. */
  readonly labelBytes?: string;
}

const timestamps = new TimestampWriter();

/**
 * Writes one line of `metrics.json` (DESIGN §5): one series in one window.
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

/** `[[index, start], …]`: from that sample on, the counter started then; 0 is unknown. */
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
