import { PluginError, ProtobufWriter } from "contextcore";
import type { Buckets, HistogramSample } from "../chunk/series.ts";
import { writeLabels } from "../line/labels.ts";
import { Output } from "../line/output.ts";
import type { Server } from "../server/server.ts";
import { snappyCompress } from "../wire/snappy.ts";
import type { SeriesPoints } from "./points.ts";
import { SamplesWriter } from "./samples-writer.ts";

/** Where the server takes remote writes. */
async function writePath(server: Server, signal: AbortSignal): Promise<string> {
  const { flavour, prefix } = await server.identity(signal);
  return flavour === "prometheus" ? `${prefix}/api/v1/write` : "/api/v1/push";
}

/**
 * Writes the points. Resolves with what the server said when it refused some of them: which ones, it does not say.
 * @throws PluginError for everything but a 400
 */
export async function remoteWrite(
  server: Server,
  series: readonly SeriesPoints[],
  signal: AbortSignal,
): Promise<string | undefined> {
  return sendWriteRequest(server, encodeWriteRequest(series), signal);
}

/** Sends a packed request. See {@link remoteWrite}. */
export async function sendWriteRequest(
  server: Server,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const headers = {
      "Content-Type": "application/x-protobuf",
      "Content-Encoding": "snappy",
      "X-Prometheus-Remote-Write-Version": "0.1.0",
    };
    const path = await writePath(server, signal);
    await (await server.http.send({ method: "POST", path, headers, body, signal })).text();
    return undefined;
  } catch (error) {
    if (error instanceof PluginError && error.status === 400) return withoutExample(error.message);
    throw error;
  }
}

/** Mimir names the sample and series that it met first; without them, equal reasons have equal texts. */
const withoutExample = (said: string): string =>
  said.replace(/\.? The affected sample has timestamp .*$/s, "");

/** How the server is offered several requests. */
interface Offer {
  /** Called with a request of which the server refused some points. */
  readonly onRefused: (request: readonly SeriesPoints[]) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Writes one request after another: while the server works on one, the next is packed. @throws as {@link remoteWrite} */
export async function remoteWriteAll(
  server: Server,
  requests: Iterable<readonly SeriesPoints[]>,
  { onRefused, signal }: Offer,
): Promise<void> {
  let before = Promise.resolve();
  for (const request of requests) {
    const body = encodeWriteRequest(request);
    await before;
    before = sendWriteRequest(server, body, signal).then((said) =>
      said === undefined ? undefined : onRefused(request),
    );
    // Its failure is thrown when it is awaited, which is later.
    before.catch(() => {});
    await isOnItsWay();
  }
  await before;
}

/** Packing takes a while in which nothing else happens, so what was just sent has to leave before. */
const isOnItsWay = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const writer = new SamplesWriter(1 << 17);

/**
 * A remote write 1.0 request, packed. Source: prometheus `prompb/remote.proto`, `types.proto`.
 * The samples' bits are copied as they are.
 */
export function encodeWriteRequest(series: readonly SeriesPoints[]): Uint8Array {
  writer.length = 0;
  for (const { labels, points } of series)
    writer.message(1, () => {
      writeLabels(writer, labels).samples(points);
      for (const one of points.histograms) if (one !== undefined) writer.blob(4, encodeHistogram(one));
    });
  return snappyCompress(writer.finish());
}

const HINTS = { reset: 1, gauge: 3 };

/** `prompb.Histogram`; every double by its bits. */
export function encodeHistogram(sample: HistogramSample): Uint8Array {
  const writer = new ProtobufWriter();
  const integer = sample.kind === "integer";
  if (integer) writer.varint(1, sample.count);
  else writer.fixed64(2, sample.count);
  writer.fixed64(3, sample.sum).sint(4, sample.schema).fixed64(5, sample.zeroThreshold);
  if (integer) writer.varint(6, sample.zeroCount);
  else writer.fixed64(7, sample.zeroCount);
  writeBuckets(writer, sample.negative, integer, { spans: 8, deltas: 9, counts: 10 });
  writeBuckets(writer, sample.positive, integer, { spans: 11, deltas: 12, counts: 13 });
  if (sample.hint !== undefined) writer.varint(14, HINTS[sample.hint]);
  writer.varint(15, sample.timestamp);
  writePacked(writer, 16, sample.customValues, "fixed64");
  return writer.finish();
}

function writeBuckets(
  writer: ProtobufWriter,
  { spans, values }: Buckets,
  integer: boolean,
  fields: { readonly spans: number; readonly deltas: number; readonly counts: number },
): void {
  for (const [offset, length] of spans) {
    writer.message(fields.spans, (span) => span.sint(1, offset).varint(2, length));
  }
  if (integer) writePacked(writer, fields.deltas, values, "sint64");
  else writePacked(writer, fields.counts, values, "fixed64");
}

function writePacked(
  writer: ProtobufWriter,
  field: number,
  values: readonly bigint[],
  as: "fixed64" | "sint64",
): void {
  if (values.length === 0) return;
  const packed = new Output(values.length * 10);
  for (const value of values) {
    packed.reserve(10);
    packed.length = as === "fixed64" ? writeFixed(packed, value) : writeZigzag(packed, value);
  }
  writer.blob(field, packed.finish());
}

function writeFixed({ bytes, length }: Output, value: bigint): number {
  new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(length, BigInt.asUintN(64, value), true);
  return length + 8;
}

function writeZigzag({ bytes, length }: Output, value: bigint): number {
  let at = length;
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  for (; rest > 127n; rest >>= 7n) bytes[at++] = Number(rest & 127n) | 128;
  bytes[at] = Number(rest);
  return at + 1;
}
