/** Remote read as a stream of chunks. */
import { writeLabels } from "../../../plugins/mimir/line/labels.ts";
import { crc32c } from "../../../plugins/mimir/wire/frames.ts";
import { ProtobufWriter } from "../../../src/contract/contextcore.ts";
import { type Found, withExternal } from "./found.ts";
import type { MimirKnobs } from "./knobs.ts";
import type { Chunk, LabSeries } from "./series.ts";

/** The answer in frames, each series in one or more of them (prometheus `storage/remote/chunked.go`). */
export function streamed(found: readonly Found[], knobs: MimirKnobs): Response {
  const frames = pieces(allFrames(found, knobs));
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

/** Several frames together, as a server's buffered writer sends them. */
function* pieces(frames: Iterable<Uint8Array>): Generator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  for (const frame of frames) {
    waiting.push(frame);
    bytes += frame.length;
    if (bytes < PIECE_BYTES) continue;
    yield Buffer.concat(waiting);
    waiting = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(waiting);
}

/** All frames; after so many of them an error in plain text, which is how a stream that has begun can fail. */
function* allFrames(found: readonly Found[], knobs: MimirKnobs): Generator<Uint8Array> {
  let sent = 0;
  for (const [index, { series, from, to }] of found.entries()) {
    for (const one of series) {
      for (const frame of framesOf(one, { from, to, index }, knobs)) {
        if (sent === knobs.streamErrorAfter) {
          yield Buffer.from("the query hit an internal error: context canceled\n");
          return;
        }
        sent += 1;
        yield frame;
      }
    }
  }
}

function* framesOf(
  series: LabSeries,
  { from, to, index }: { readonly from: number; readonly to: number; readonly index: number },
  knobs: MimirKnobs,
): Generator<Uint8Array> {
  const labels = writeLabels(
    new ProtobufWriter(),
    withExternal(series.labels, knobs.externalLabels),
  ).finish();
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
