import { ProtobufWriter, parseShape, type RestoreAnswer, type RestoreBatch, v } from "contextcore";
import { specialWords, toWords } from "../line/double.ts";
import { labelSet, sortedLabels, writeLabels } from "../line/labels.ts";
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
  let count = 0;
  for (const line of lines) {
    const { metric, exemplars } = parseShape("a line of mimir/exemplars.json", seriesLine, line);
    const within = exemplars.filter(({ timestamp }) => isInside(timestamp));
    count += within.length;
    if (within.length > 0) writer.message(1, (series) => encode(series, { ...metric, ...added }, within));
  }
  if (count === 0) return { written: {} };
  const said = await sendWriteRequest(server, snappyCompress(writer.finish()), signal);
  return said === undefined ? { written: { exemplars: count } } : refuse(lines, said);
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
    const { metric, type, help, unit } = parseShape("a line of mimir/metadata.json", description, line);
    const number = Math.max(0, TYPES.indexOf(type));
    writer.message(3, (one) => one.varint(1, number).string(2, metric).string(4, help).string(5, unit));
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
