import { type HttpAnswer, PluginError, type Range, toMs } from "contextcore";
import { readChunk } from "../chunk/read.ts";
import { type HistogramSample, type RawChunk, Series } from "../chunk/series.ts";
import { compareLabels, readLabels } from "../line/labels.ts";
import { FrameReader } from "../wire/frames.ts";
import type { Matcher } from "../wire/matchers.ts";
import { encodeReadRequest, type ReadQuery, readChunkedResponse } from "../wire/read-messages.ts";
import { readSampledResponse, readTimeSeries } from "../wire/sampled-series.ts";
import { snappyDecompress, snappyLength } from "../wire/snappy.ts";
import { saidTooMuch } from "./api.ts";
import type { Server } from "./server.ts";

/** One series as it was read: not yet cut to the range. Both fields are overwritten when the next one is read. */
export interface ReadSeries {
  /** The label messages: they identify the series. */
  readonly labelBytes: Uint8Array;
  readonly series: Series;
}

/** How samples were read. */
export type Method = "streamed" | "sampled" | "range";

/** An answer with samples, decoded while it arrives. */
export interface ReadAnswer {
  readonly method: Method;
  /** The server's warnings about its answer, such as that it is not complete. Remote read has none. */
  readonly warnings?: readonly string[];
  /**
   * Each series once, in the order of their labels. A series that `skip` names is not decoded.
   * @throws PluginError also in the middle, when the answer proves to be damaged or cut
   */
  read(skip?: (labelBytes: Uint8Array) => boolean): AsyncIterable<ReadSeries>;
}

/**
 * Asks for samples by remote read. Which of the two kinds of answer came is told by its content type: Cortex ignores
 * what was asked for.
 */
export async function remoteRead(server: Server, query: ReadQuery, signal: AbortSignal): Promise<ReadAnswer> {
  const { prefix } = await server.identity(signal);
  const answer = await server.http.send({
    method: "POST",
    path: `${prefix}/api/v1/read`,
    headers: {
      "Content-Type": "application/x-protobuf",
      "Content-Encoding": "snappy",
      "Accept-Encoding": "snappy",
      "X-Prometheus-Remote-Read-Version": "0.1.0",
    },
    body: encodeReadRequest(query),
    signal,
  });
  const type = answer.headers.get("content-type") ?? "";
  if (type.startsWith("application/x-streamed-protobuf")) {
    return { method: "streamed", read: (skip) => streamed(server, answer, skip) };
  }
  if (type.startsWith("application/x-protobuf")) {
    return { method: "sampled", read: (skip) => sampled(server, answer, skip) };
  }
  throw notRemoteRead(server, type, await answer.text());
}

function notRemoteRead(server: Server, type: string, body: string): PluginError {
  const what = /^\s*</.test(body) ? "a web page" : `content of type ${JSON.stringify(type)}`;
  return new PluginError("invalid", `${server.title}: remote read answered 200 with ${what}`, {
    hint: "Is `url` the server itself, not a login page or a proxy in front of it?",
  });
}

/** Sorts series as a server streams them. */
export function inOrder(series: { readonly labelBytes: Uint8Array }[]): void {
  const labels = new Map(series.map(({ labelBytes }) => [labelBytes, readLabels(labelBytes).labels]));
  series.sort((a, b) => compareLabels(labels.get(a.labelBytes) ?? [], labels.get(b.labelBytes) ?? []));
}

const never = (): boolean => false;

/** A series may come in several frames, one after another. */
async function* streamed(
  server: Server,
  answer: HttpAnswer,
  skip: (labelBytes: Uint8Array) => boolean = never,
): AsyncIterable<ReadSeries> {
  const frames = new FrameReader(server.title);
  const series = new Series();
  let hasRoom = createRoom();
  const add = (chunk: RawChunk): void => {
    readChunk(chunk, series);
    if (!hasRoom(series)) throw tooMuch(server, "one series has more samples than are held at once");
  };
  let current: Uint8Array | undefined;
  let skipped = false;
  for await (const piece of answer.body) {
    for (const frame of frames.push(piece)) {
      for (const { labelBytes, chunks } of unpack(server, () => readChunkedResponse(frame))) {
        if (current === undefined || Buffer.compare(current, labelBytes) !== 0) {
          if (current !== undefined && !skipped) yield { labelBytes: current, series };
          current = labelBytes.slice();
          skipped = skip(current);
          series.clear();
          hasRoom = createRoom();
        }
        if (!skipped) for (const chunk of chunks) add(chunk);
      }
    }
  }
  frames.finish();
  if (current !== undefined && !skipped) yield { labelBytes: current, series };
}

/** The whole answer is in memory, on both sides. Its series have no order of their own, so they are put into that of a stream. */
async function* sampled(
  server: Server,
  answer: HttpAnswer,
  skip: (labelBytes: Uint8Array) => boolean = never,
): AsyncIterable<ReadSeries> {
  const body = await answer.bytes();
  if (unpack(server, () => snappyLength(body)) > UNPACKED_BYTES_MAX)
    throw tooMuch(server, `it would be more than ${UNPACKED_BYTES_MAX} bytes`);
  const found = unpack(server, () => readSampledResponse(snappyDecompress(body)));
  inOrder(found);
  const series = new Series();
  for (const { labelBytes, message } of found) {
    if (skip(labelBytes)) continue;
    series.clear();
    unpack(server, () => readTimeSeries(message, series));
    yield { labelBytes, series };
  }
}

/** Most bytes of a sampled answer once it is unpacked: four times what the client takes of it packed. */
const UNPACKED_BYTES_MAX = 256 << 20;

const tooMuch = (server: Server, what: string): PluginError =>
  new PluginError("too-large", `${server.title}: the remote read answer is too large: ${what}`);

/** Bytes that are no message of the protocol are a damaged answer, which may come whole next time. */
function unpack<Result>(server: Server, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = `${server.title}: the remote read answer is damaged: ${error.message}`;
    throw new PluginError("temporary", message, { cause: error });
  }
}

/** Whether an error says that the server has no remote read at all, as some that speak PromQL have not. */
export const isWithoutRemoteRead = ({ kind, status }: PluginError): boolean =>
  kind === "not-found" || status === 405 || status === 501 || status === 415;

/**
 * Whether there is any sample in a range. Asked of the samples themselves, since lists of labels may be cut, and Prometheus
 * leaves what came out of order out of them; the first series is answer enough.
 * @throws PluginError
 */
export async function hasSamples(
  server: Server,
  { range, matchers }: { readonly range: Range; readonly matchers: readonly Matcher[] },
  signal: AbortSignal,
): Promise<boolean> {
  const query = { fromMs: toMs(range.from), lastMs: toMs(range.to) - 1, matchers };
  try {
    const answer = await remoteRead(server, query, signal);
    for await (const _ of answer.read()) return true;
    return false;
  } catch (error) {
    if (saidTooMuch(error)) return true;
    throw error;
  }
}

/** Most samples of one series in one answer: an hour with a sample every millisecond. */
const SAMPLES_MAX = 1 << 22;
/** Most buckets of all its histograms: an hour with a histogram of a thousand buckets every half second. */
const BUCKETS_MAX = 1 << 23;

/** Says whether a series that grows still fits into memory: a server might never end it. */
function createRoom(): (series: Series) => boolean {
  let [counted, buckets] = [0, 0];
  return ({ count, histograms, raw }) => {
    for (; counted < histograms.length; counted += 1) buckets += bucketsOf(histograms[counted]);
    return count + raw.length + counted <= SAMPLES_MAX && buckets <= BUCKETS_MAX;
  };
}

const bucketsOf = (histogram: HistogramSample | undefined): number =>
  (histogram?.positive.values.length ?? 0) + (histogram?.negative.values.length ?? 0);
