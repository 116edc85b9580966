import { compareBytes, type Labels } from "../../../plugins/mimir/line/labels.ts";
import { encodeHistogram } from "../../../plugins/mimir/restore/write-request.ts";
import { crc32c } from "../../../plugins/mimir/wire/crc32c.ts";
import type { Matcher } from "../../../plugins/mimir/wire/matchers.ts";
import { snappyCompress, snappyDecompress } from "../../../plugins/mimir/wire/snappy.ts";
import { ProtobufReader, ProtobufWriter } from "../../../src/plugin/contextcore.ts";
import type { MimirKnobs } from "./knobs.ts";
import type { Chunk, LabSeries } from "./series.ts";
import type { Store } from "./store.ts";

interface Query {
  /** ms, both ends */
  readonly from: number;
  readonly to: number;
  readonly matchers: readonly Matcher[];
}

interface ReadRequest {
  readonly queries: readonly Query[];
  readonly accepted: readonly number[];
}

const STREAMED = 1;

/** `POST …/api/v1/read` (prometheus `storage/remote/read_handler.go`, mimir `pkg/querier/remote_read.go`). */
export async function remoteRead(
  store: Store,
  knobs: MimirKnobs,
  now: number,
  request: Request,
): Promise<Response> {
  const { queries, accepted } = decode(new Uint8Array(await request.arrayBuffer()));
  const lookback = knobs.maxQueryLookback === 0 ? Number.NEGATIVE_INFINITY : now - knobs.maxQueryLookback;
  const found = queries.map((query) => {
    const clamped = { ...query, from: Math.max(query.from, lookback) };
    // Wholly before what may be looked at: there is nothing, not even a chunk that reaches in.
    if (clamped.from > clamped.to) return { ...clamped, series: [] };
    return { ...clamped, series: store.select(ownMatchers(query.matchers, knobs), clamped.from, clamped.to) };
  });
  const tooMany = found.find(
    ({ series }) => knobs.maxFetchedSeries > 0 && series.length > knobs.maxFetchedSeries,
  );
  if (tooMany !== undefined) return tooManySeries(knobs);
  if (accepted.includes(STREAMED) && knobs.remoteRead === "streamed") return streamed(found, knobs);
  return sampled(found, knobs);
}

type Found = Query & { readonly series: readonly LabSeries[] };

function tooManySeries({ maxFetchedSeries }: MimirKnobs): Response {
  const text = `the query exceeded the maximum number of series (limit: ${maxFetchedSeries} series) (err-mimir-max-series-per-query). Consider reducing the time range and/or number of series selected by the query.`;
  return new Response(`${text}\n`, { status: 500 });
}

/** An equality on an external label holds for what has it stored, or not at all. */
const ownMatchers = (matchers: readonly Matcher[], { externalLabels }: MimirKnobs): Matcher[] =>
  matchers.map((one) =>
    one.operator === "=" && externalLabels[one.name] === one.value ? { ...one, value: "" } : one,
  );

function withExternal(labels: Labels, external: Readonly<Record<string, string>>): Labels {
  const added = Object.entries(external).filter(([name]) => !labels.some(([own]) => own === name));
  return [...labels, ...added].sort(([a], [b]) => compareBytes(a, b));
}

function decode(body: Uint8Array): ReadRequest {
  const reader = new ProtobufReader(snappyDecompress(body));
  const queries: Query[] = [];
  const accepted: number[] = [];
  while (reader.next()) {
    if (reader.field === 1) queries.push(decodeQuery(reader.message()));
    else if (reader.field === 2) accepted.push(reader.uint32());
    else reader.skip();
  }
  return { queries, accepted };
}

function decodeQuery(reader: ProtobufReader): Query {
  let [from, to] = [0, 0];
  const matchers: Matcher[] = [];
  while (reader.next()) {
    if (reader.field === 1) from = Number(reader.int64());
    else if (reader.field === 2) to = Number(reader.int64());
    else if (reader.field === 3) matchers.push(decodeMatcher(reader.message()));
    else reader.skip();
  }
  return { from, to, matchers };
}

const OPERATORS = ["=", "!=", "=~", "!~"] as const;

function decodeMatcher(reader: ProtobufReader): Matcher {
  let operator: Matcher["operator"] = "=";
  let [name, value] = ["", ""];
  while (reader.next()) {
    if (reader.field === 1) operator = OPERATORS[reader.uint32()] ?? "=";
    else if (reader.field === 2) name = reader.string();
    else if (reader.field === 3) value = reader.string();
    else reader.skip();
  }
  return { operator, name, value };
}

// ------------------------------------------------------------------------------------------- streamed

function streamed(found: readonly Found[], knobs: MimirKnobs): Response {
  const frames = makeFrames(found, knobs);
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const { value, done } = frames.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
  const headers = { "content-type": "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse" };
  return new Response(body, { headers });
}

/** Frames are handed on in pieces of this size: one a series would make the stream the slowest part. */
const PIECE_BYTES = 65_536;

function* makeFrames(found: readonly Found[], knobs: MimirKnobs): Generator<Uint8Array> {
  const piece = new Uint8Array(PIECE_BYTES * 2 + knobs.frameBytes);
  let [length, sent] = [0, 0];
  for (const [index, { series, from, to }] of found.entries()) {
    for (const one of series) {
      for (const frame of framesOf(one, { from, to, index }, knobs)) {
        if (sent++ === knobs.streamErrorAfter) {
          yield Buffer.concat([
            piece.subarray(0, length),
            Buffer.from("the query hit an internal error: context canceled\n"),
          ]);
          return;
        }
        if (length + frame.length > piece.length) {
          yield piece.slice(0, length);
          length = 0;
        }
        if (frame.length > piece.length) yield frame;
        else {
          piece.set(frame, length);
          length += frame.length;
        }
        if (length >= PIECE_BYTES) {
          yield piece.slice(0, length);
          length = 0;
        }
      }
    }
  }
  if (length > 0) yield piece.slice(0, length);
}

function* framesOf(
  series: LabSeries,
  { from, to, index }: { readonly from: number; readonly to: number; readonly index: number },
  knobs: MimirKnobs,
): Generator<Uint8Array> {
  const labels = encodeLabelMessages(withExternal(series.labels, knobs.externalLabels));
  let group: Chunk[] = [];
  let bytes = 0;
  for (const chunk of series.chunks(from, to)) {
    group.push(chunk);
    bytes += chunk.data.length;
    if (bytes < knobs.frameBytes) continue;
    yield frame(labels, group, index);
    group = [];
    bytes = 0;
  }
  if (group.length > 0) yield frame(labels, group, index);
}

/** `ChunkedReadResponse {1 chunked_series, 2 query_index}` with its length and checksum before it. */
function frame(labels: Uint8Array, chunks: readonly Chunk[], index: number): Uint8Array {
  const series = new ProtobufWriter(labels.length + 64);
  for (const { minTime, maxTime, encoding, data } of chunks) {
    series.message(2, (chunk) =>
      chunk.varint(1, minTime).varint(2, maxTime).varint(3, encoding).blob(4, data),
    );
  }
  const payload = new ProtobufWriter()
    .blob(1, Buffer.concat([labels, series.finish()]))
    .varint(2, index)
    .finish();
  const head = new Uint8Array(9);
  let at = 0;
  for (let rest = payload.length; ; rest >>>= 7) {
    head[at++] = rest > 127 ? (rest & 127) | 128 : rest;
    if (rest <= 127) break;
  }
  new DataView(head.buffer).setUint32(at, crc32c(payload));
  return Buffer.concat([head.subarray(0, at + 4), payload]);
}

function encodeLabelMessages(labels: Labels): Uint8Array {
  const writer = new ProtobufWriter();
  for (const [name, value] of labels) writer.message(1, (label) => label.string(1, name).string(2, value));
  return writer.finish().slice();
}

// ------------------------------------------------------------------------------------------- sampled

function sampled(found: readonly Found[], knobs: MimirKnobs): Response {
  const response = new ProtobufWriter(1 << 16);
  for (const { series, from, to } of found) {
    response.message(1, (result) => {
      for (const one of series)
        result.message(1, (message) => encodeSeries(message, one, { from, to }, knobs));
    });
  }
  const headers = { "content-type": "application/x-protobuf", "content-encoding": "snappy" };
  return new Response(snappyCompress(response.finish()), { headers });
}

function encodeSeries(
  message: ProtobufWriter,
  series: LabSeries,
  { from, to }: { readonly from: number; readonly to: number },
  { externalLabels }: MimirKnobs,
): void {
  for (const [name, value] of withExternal(series.labels, externalLabels)) {
    message.message(1, (label) => label.string(1, name).string(2, value));
  }
  for (const { time, bits, histogram } of series.points(from, to)) {
    if (histogram === undefined) message.message(2, (sample) => sample.fixed64(1, bits).varint(2, time));
    else message.blob(4, encodeHistogram(histogram));
  }
}
