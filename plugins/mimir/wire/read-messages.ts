import { ProtobufReader, ProtobufWriter } from "contextcore";
import type { RawChunk } from "../chunk/series.ts";
import type { Matcher } from "./matchers.ts";
import { snappyCompress } from "./snappy.ts";

/** Which series a remote read is for, and which time. */
export interface ReadQuery {
  /** ms, both inclusive: that is what remote read means by a range. */
  readonly fromMs: number;
  readonly lastMs: number;
  readonly matchers: readonly Matcher[];
}

const SAMPLES = 0;
const STREAMED_XOR_CHUNKS = 1;
const OPERATORS = ["=", "!=", "=~", "!~"];

/**
 * A remote read request that asks for streamed chunks first and samples else, packed.
 * Source: prometheus `prompb/remote.proto`.
 */
export function encodeReadRequest(query: ReadQuery): Uint8Array {
  const writer = new ProtobufWriter();
  writer.message(1, (message) => {
    message.varint(1, query.fromMs).varint(2, query.lastMs);
    for (const { operator, name, value } of query.matchers) {
      message.message(3, (matcher) =>
        matcher.varint(1, OPERATORS.indexOf(operator)).string(2, name).string(3, value),
      );
    }
  });
  writer.varint(2, STREAMED_XOR_CHUNKS).varint(2, SAMPLES);
  return snappyCompress(writer.finish());
}

/** A part of one series, as one frame carries it. All bytes are views of the frame. */
interface ChunkedSeries {
  /** The label messages, each under field 1. */
  readonly labelBytes: Uint8Array;
  readonly chunks: readonly RawChunk[];
}

/** Reads a `ChunkedReadResponse`. @throws RangeError when it is none */
export function readChunkedResponse(payload: Uint8Array): ChunkedSeries[] {
  const series: ChunkedSeries[] = [];
  const reader = new ProtobufReader(payload);
  while (reader.next()) {
    if (reader.field === 1) series.push(readSeries(reader.message()));
    else reader.skip();
  }
  return series;
}

function readSeries(reader: ProtobufReader): ChunkedSeries {
  const labels = new LabelRegion(reader.bytes);
  const chunks: RawChunk[] = [];
  for (let before = reader.position; reader.next(); before = reader.position) {
    if (reader.field === 1) {
      reader.skip();
      labels.add(before, reader.position);
    } else if (reader.field === 2) chunks.push(readChunkMessage(reader.message()));
    else reader.skip();
  }
  return { labelBytes: labels.bytes(), chunks };
}

/** The labels' messages as one run of bytes: they identify a series without being read. */
export class LabelRegion {
  private start = -1;
  private end = -1;
  private readonly source: Uint8Array;

  constructor(source: Uint8Array) {
    this.source = source;
  }

  /** @throws RangeError when the labels do not stand together */
  add(from: number, to: number): void {
    if (this.start < 0) this.start = from;
    else if (from !== this.end) throw new RangeError("a series' labels do not stand together");
    this.end = to;
  }

  bytes(): Uint8Array {
    return this.start < 0 ? new Uint8Array(0) : this.source.subarray(this.start, this.end);
  }
}

function readChunkMessage(reader: ProtobufReader): RawChunk {
  let [minTime, maxTime, encoding] = [0, 0, 0];
  let data: Uint8Array = new Uint8Array(0);
  while (reader.next()) {
    if (reader.field === 1) minTime = reader.int53();
    else if (reader.field === 2) maxTime = reader.int53();
    else if (reader.field === 3) encoding = reader.int32();
    else if (reader.field === 4) data = reader.slice();
    else reader.skip();
  }
  return { encoding, minTime, maxTime, data };
}
