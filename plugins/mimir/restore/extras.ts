import { ProtobufWriter, parseShape, type RestoreAnswer, type RestoreBatch, v } from "contextcore";
import { specialWords, toWords } from "../line/double.ts";
import { labelSet, sortedLabels, writeLabels } from "../line/labels.ts";
import { ifShown } from "../server/api.ts";
import { metadataSchema } from "../server/queries.ts";
import type { Server } from "../server/server.ts";
import { snappyCompress } from "../wire/snappy.ts";
import { insideOf } from "./points.ts";
import { sendWriteRequest } from "./remote-write.ts";

const exemplar = v.object({ labels: labelSet, value: v.string(), timestamp: v.number() });
const seriesLine = v.object({ metric: labelSet, exemplars: v.array(exemplar) });
type Exemplar = v.InferOutput<typeof exemplar>;

/** Writes lines of `mimir/exemplars.json`. Their series must be there already, so they come after the samples. */
export async function writeExemplars(
  server: Server,
  { lines, labels: added, range }: RestoreBatch,
  signal: AbortSignal,
): Promise<RestoreAnswer> {
  const writer = new ProtobufWriter();
  const isInside = insideOf(range);
  let first = "";
  let count = 0;
  for (const line of lines) {
    const { metric, exemplars } = parseShape("a line of mimir/exemplars.json", seriesLine, line);
    const within = exemplars.filter(({ timestamp }) => isInside(timestamp));
    count += within.length;
    first ||= metric.__name__ ?? "";
    if (within.length > 0) writer.message(1, (series) => encode(series, { ...metric, ...added }, within));
  }
  if (count === 0) return { written: {} };
  const { flavour } = await server.identity(signal);
  if (flavour === "mimir") describe(writer, await someDescription(server, first, signal));
  const said = await sendWriteRequest(server, snappyCompress(writer.finish()), signal);
  return said === undefined ? { written: { exemplars: count } } : refuse(lines, said);
}

const SAYS_NOTHING = { type: "unknown", help: "", unit: "" };

/**
 * A Mimir drops a request without a sample or a description, exemplars and all, and says nothing. So it gets back a
 * description that it has; if it has none, it gets one that says nothing, and forgets it after some minutes.
 */
async function someDescription(server: Server, name: string, signal: AbortSignal): Promise<Description> {
  const request = { path: "/api/v1/metadata", query: { limit: 1 }, signal };
  const answer = await ifShown(server.api(metadataSchema, request));
  const [[metric, [known]] = [name, []]] = Object.entries(answer?.data ?? {});
  return { metric, ...(known ?? SAYS_NOTHING) };
}

/** `TimeSeries {1 labels, 3 exemplars}`, `Exemplar {1 labels, 2 value, 3 timestamp}` of `prompb/types.proto`. */
function encode(
  series: ProtobufWriter,
  metric: Readonly<Record<string, string>>,
  exemplars: readonly Exemplar[],
): void {
  writeLabels(series, sortedLabels(metric));
  for (const { labels: own, value, timestamp } of exemplars) {
    const [high, low] = wordsOf(value);
    series.message(3, (one) => {
      writeLabels(one, sortedLabels(own));
      one.fixed64(2, (BigInt(high) << 32n) | BigInt(low)).varint(3, timestamp);
    });
  }
}

const wordsOf = (value: string): readonly [number, number] =>
  /^(NaN|[+-]Inf)$/.test(value) ? specialWords(value) : toWords(Number(value));

/** In the order of `prompb.MetricMetadata.MetricType`. */
const TYPES = ["unknown", "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset"];

const description = v.object({ metric: v.string(), type: v.string(), help: v.string(), unit: v.string() });
type Description = v.InferOutput<typeof description>;

/** `MetricMetadata {1 type, 2 metric_family_name, 4 help, 5 unit}` */
function describe(writer: ProtobufWriter, { metric, type, help, unit }: Description): void {
  const number = Math.max(0, TYPES.indexOf(type));
  writer.message(3, (one) => one.varint(1, number).string(2, metric).string(4, help).string(5, unit));
}

const NOT_WRITTEN =
  "a Prometheus learns the descriptions of metrics from what it scrapes, not from remote write";

/** Writes lines of `mimir/metadata.json`. A Prometheus takes them and forgets them, so there they are not offered. */
export async function writeMetadata(
  server: Server,
  { lines }: RestoreBatch,
  signal: AbortSignal,
): Promise<RestoreAnswer> {
  const { flavour } = await server.identity(signal);
  if (flavour === "prometheus") return unsupported(lines, NOT_WRITTEN);
  const writer = new ProtobufWriter();
  for (const line of lines) {
    describe(writer, parseShape("a line of mimir/metadata.json", description, line));
  }
  const said = await sendWriteRequest(server, snappyCompress(writer.finish()), signal);
  return said === undefined ? { written: { metadata: lines.length } } : refuse(lines, said);
}

/** Rejects all lines for one reason. */
export const refuse = (lines: readonly string[], reason: string): RestoreAnswer => ({
  written: {},
  rejected: lines.map((line) => ({ line, reason })),
});

/** Rejects them as what no server of this kind can store, which the preflight has said. */
export const unsupported = (lines: readonly string[], reason: string): RestoreAnswer => ({
  written: {},
  rejected: lines.map((line) => ({ line, reason, unsupported: true })),
});
