import { Series } from "../../../plugins/mimir/chunk/series.ts";
import { type Labels, readLabels } from "../../../plugins/mimir/line/labels.ts";
import { LabelRegion } from "../../../plugins/mimir/wire/read-messages.ts";
import { readTimeSeries } from "../../../plugins/mimir/wire/sampled-series.ts";
import { ProtobufReader } from "../../../src/contract/contextcore.ts";
import type { Written } from "./ingest.ts";
import type { Point } from "./series.ts";
import type { Description, Exemplar } from "./store.ts";

/** A decoded `prompb.WriteRequest`. */
export interface WriteRequest {
  readonly series: readonly (Written & { readonly exemplars: readonly Exemplar[] })[];
  readonly metadata: ReadonlyMap<string, Description>;
}

/** @throws RangeError when it is none */
export function readWriteRequest(body: Uint8Array): WriteRequest {
  const reader = new ProtobufReader(body);
  const series: WriteRequest["series"][number][] = [];
  const metadata = new Map<string, Description>();
  while (reader.next()) {
    if (reader.field === 1) series.push(readSeries(reader.slice()));
    else if (reader.field === 3) readDescription(reader.message(), metadata);
    else reader.skip();
  }
  return { series, metadata };
}

function readSeries(message: Uint8Array): WriteRequest["series"][number] {
  const reader = new ProtobufReader(message);
  const region = new LabelRegion(message);
  const exemplars: Exemplar[] = [];
  for (let before = 0; reader.next(); before = reader.position) {
    if (reader.field === 3) exemplars.push(readExemplar(reader.message()));
    else reader.skip();
    if (reader.field === 1) region.add(before, reader.position);
  }
  const samples = new Series();
  readTimeSeries(message, samples);
  return { labels: readLabels(region.bytes()).labels, points: toPoints(samples), exemplars };
}

function toPoints({ count, times, high, low, histograms }: Series): Point[] {
  const floats = Array.from({ length: count }, (_, index) => ({
    time: times[index] ?? 0,
    bits: (BigInt(high[index] ?? 0) << 32n) | BigInt(low[index] ?? 0),
  }));
  return [...floats, ...histograms.map((histogram) => ({ time: histogram.timestamp, bits: 0n, histogram }))];
}

function readExemplar(reader: ProtobufReader): Exemplar {
  const labels: Record<string, string> = {};
  let [value, time] = [0, 0];
  while (reader.next()) {
    if (reader.field === 1) {
      const [name, text] = readPair(reader.message());
      labels[name] = text;
    } else if (reader.field === 2) value = reader.double();
    else if (reader.field === 3) time = Number(reader.int64());
    else reader.skip();
  }
  return { labels, value, time };
}

function readPair(reader: ProtobufReader): Labels[number] {
  let [name, value] = ["", ""];
  while (reader.next()) {
    if (reader.field === 1) name = reader.string();
    else if (reader.field === 2) value = reader.string();
    else reader.skip();
  }
  return [name, value];
}

const TYPES = ["unknown", "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset"];

function readDescription(reader: ProtobufReader, into: Map<string, Description>): void {
  let [type, name, help, unit] = ["unknown", "", "", ""];
  while (reader.next()) {
    if (reader.field === 1) type = TYPES[reader.uint32()] ?? "unknown";
    else if (reader.field === 2) name = reader.string();
    else if (reader.field === 4) help = reader.string();
    else if (reader.field === 5) unit = reader.string();
    else reader.skip();
  }
  into.set(name, { type, help, unit });
}
