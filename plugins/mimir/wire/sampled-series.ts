import { ProtobufReader } from "contextcore";
import {
  type Buckets,
  type HistogramSample,
  type Series,
  type Span,
  STALE_BITS,
  staleHistogram,
} from "../chunk/series.ts";
import { LabelRegion } from "./read-messages.ts";

/** One series of a `ReadResponse`, still packed. */
interface SampledSeries {
  readonly labelBytes: Uint8Array;
  readonly message: Uint8Array;
}

/** Reads a `ReadResponse`'s series, without their samples. @throws RangeError when it is none */
export function readSampledResponse(body: Uint8Array): SampledSeries[] {
  const series: SampledSeries[] = [];
  const response = new ProtobufReader(body);
  while (response.next()) {
    if (response.field !== 1) response.skip();
    else {
      const result = response.message();
      while (result.next()) {
        if (result.field === 1) series.push(readSeries(result.slice()));
        else result.skip();
      }
    }
  }
  return series;
}

function readSeries(message: Uint8Array): SampledSeries {
  const reader = new ProtobufReader(message);
  const labels = new LabelRegion(message);
  for (let before = 0; reader.next(); before = reader.position) {
    reader.skip();
    if (reader.field === 1) labels.add(before, reader.position);
  }
  return { labelBytes: labels.bytes(), message };
}

/** Appends the samples of a `TimeSeries` message. */
export function readTimeSeries(message: Uint8Array, series: Series): void {
  const reader = new ProtobufReader(message);
  while (reader.next()) {
    if (reader.field === 2) readSample(reader.message(), series);
    else if (reader.field === 4) series.histograms.push(readHistogram(reader.message()));
    else reader.skip();
  }
}

function readSample(reader: ProtobufReader, series: Series): void {
  let [high, low, time] = [0, 0, 0];
  while (reader.next()) {
    if (reader.field === 1) {
      low = reader.fixed32();
      high = reader.fixed32();
    } else if (reader.field === 2) time = reader.int53();
    else reader.skip();
  }
  series.reserve(1);
  series.push(time, high, low);
}

/** The fields of `prompb.Histogram`, gathered in one pass. */
interface HistogramFields {
  timestamp: number;
  float: boolean;
  schema: number;
  zeroThreshold: bigint;
  zeroCount: bigint;
  count: bigint;
  sum: bigint;
  hint: number;
  readonly spans: Record<"positive" | "negative", Span[]>;
  readonly deltas: Record<"positive" | "negative", bigint[]>;
  readonly counts: Record<"positive" | "negative", bigint[]>;
  readonly customValues: bigint[];
}

/** How each field is read (`prompb/types.proto`). */
const FIELDS: Readonly<Record<number, (into: HistogramFields, reader: ProtobufReader) => void>> = {
  1: (into, reader) => {
    into.count = reader.uint64();
  },
  2: (into, reader) => {
    into.count = reader.fixed64();
    into.float = true;
  },
  3: (into, reader) => {
    into.sum = reader.fixed64();
  },
  4: (into, reader) => {
    into.schema = reader.sint32();
  },
  5: (into, reader) => {
    into.zeroThreshold = reader.fixed64();
  },
  6: (into, reader) => {
    into.zeroCount = reader.uint64();
  },
  7: (into, reader) => {
    into.zeroCount = reader.fixed64();
    into.float = true;
  },
  8: (into, reader) => into.spans.negative.push(readSpan(reader.message())),
  9: (into, reader) => repeated(reader, (one) => into.deltas.negative.push(one.sint64())),
  10: (into, reader) => repeated(reader, (one) => into.counts.negative.push(one.fixed64())),
  11: (into, reader) => into.spans.positive.push(readSpan(reader.message())),
  12: (into, reader) => repeated(reader, (one) => into.deltas.positive.push(one.sint64())),
  13: (into, reader) => repeated(reader, (one) => into.counts.positive.push(one.fixed64())),
  14: (into, reader) => {
    into.hint = reader.int32();
  },
  15: (into, reader) => {
    into.timestamp = reader.int53();
  },
  16: (into, reader) => repeated(reader, (one) => into.customValues.push(one.fixed64())),
};

/** Reads a `prompb.Histogram`. */
export function readHistogram(reader: ProtobufReader): HistogramSample {
  const fields: HistogramFields = {
    timestamp: 0,
    float: false,
    schema: 0,
    zeroThreshold: 0n,
    zeroCount: 0n,
    count: 0n,
    sum: 0n,
    hint: 0,
    spans: { positive: [], negative: [] },
    deltas: { positive: [], negative: [] },
    counts: { positive: [], negative: [] },
    customValues: [],
  };
  while (reader.next()) {
    const read = FIELDS[reader.field];
    if (read === undefined) reader.skip();
    else read(fields, reader);
  }
  return toSample(fields);
}

const HINTS: Readonly<Record<number, Pick<HistogramSample, "hint">>> = {
  1: { hint: "reset" },
  3: { hint: "gauge" },
};

function toSample(fields: HistogramFields): HistogramSample {
  const kind = fields.float ? "float" : "integer";
  if (fields.sum === STALE_BITS) return staleHistogram(fields.timestamp, kind);
  const side = (name: "positive" | "negative"): Buckets => ({
    spans: fields.spans[name],
    values: fields.float ? fields.counts[name] : fields.deltas[name],
  });
  const { timestamp, schema, zeroThreshold, zeroCount, count, sum, customValues } = fields;
  return {
    ...{ timestamp, kind, schema, zeroThreshold, zeroCount, count, sum, customValues },
    ...{ positive: side("positive"), negative: side("negative") },
    ...HINTS[fields.hint],
  };
}

function readSpan(reader: ProtobufReader): Span {
  let [offset, length] = [0, 0];
  while (reader.next()) {
    if (reader.field === 1) offset = reader.sint32();
    else if (reader.field === 2) length = reader.uint32();
    else reader.skip();
  }
  return [offset, length];
}

const PACKED = 2;

/** Numbers one by one, or packed into one field, which may hold none; writers may do either. */
function repeated(reader: ProtobufReader, read: (one: ProtobufReader) => void): void {
  if (reader.wire !== PACKED) read(reader);
  else for (const numbers = reader.message(); numbers.position < numbers.end; ) read(numbers);
}
