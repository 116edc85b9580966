import { PluginError, ProtobufWriter, type RestoreAnswer, type RestoreBatch, toMs, v } from "contextcore";
import { specialWords, toWords } from "../line/double.ts";
import { compareBytes } from "../line/labels.ts";
import type { Server } from "../server/server.ts";
import { snappyCompress } from "../wire/snappy.ts";
import { sendWriteRequest } from "./remote-write.ts";

const TYPES = ["unknown", "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset"];

const metadataLine = v.object({ metric: v.string(), type: v.string(), help: v.string(), unit: v.string() });

/** Writes lines of `mimir/metadata.json`. A Prometheus takes them and forgets them, so there they are not offered. */
export async function writeMetadata(
  server: Server,
  { lines }: RestoreBatch,
  signal: AbortSignal,
): Promise<RestoreAnswer> {
  const { flavour } = await server.identity(signal);
  if (flavour === "prometheus") {
    const reason =
      "a Prometheus learns the descriptions of metrics from what it scrapes, not from remote write";
    return { written: {}, rejected: lines.map((line) => ({ line, reason })) };
  }
  const writer = new ProtobufWriter();
  for (const line of lines) {
    const { metric, type, help, unit } = v.parse(metadataLine, JSON.parse(line));
    writer.message(3, (one) =>
      one
        .varint(1, Math.max(0, TYPES.indexOf(type)))
        .string(2, metric)
        .string(4, help)
        .string(5, unit),
    );
  }
  return outcome(lines, "metadata", await sendWriteRequest(server, snappyCompress(writer.finish()), signal));
}

const labels = v.record(v.string(), v.string());
const exemplarLine = v.object({
  metric: labels,
  exemplars: v.array(v.object({ labels, value: v.string(), timestamp: v.number() })),
});
type ExemplarLine = v.InferOutput<typeof exemplarLine>;

/** Writes lines of `mimir/exemplars.json`: their series must be there already. */
export async function writeExemplars(
  server: Server,
  { lines, labels: added, range }: RestoreBatch,
  signal: AbortSignal,
): Promise<RestoreAnswer> {
  const writer = new ProtobufWriter();
  for (const line of lines) {
    const { metric, exemplars } = v.parse(exemplarLine, JSON.parse(line));
    const within = exemplars.filter(
      ({ timestamp }) => timestamp >= toMs(range.from) && timestamp < toMs(range.to),
    );
    if (within.length > 0)
      writer.blob(1, encodeExemplars({ metric: { ...metric, ...added }, exemplars: within }));
  }
  return outcome(lines, "exemplars", await sendWriteRequest(server, snappyCompress(writer.finish()), signal));
}

function encodeExemplars({ metric, exemplars }: ExemplarLine): Uint8Array {
  const writer = new ProtobufWriter();
  const own = sorted(metric);
  for (const [name, value] of own) writer.message(1, (label) => label.string(1, name).string(2, value));
  for (const exemplar of exemplars) {
    const [high, low] = words(exemplar.value);
    writer.message(3, (one) => {
      for (const [name, value] of sorted(exemplar.labels)) {
        one.message(1, (label) => label.string(1, name).string(2, value));
      }
      one.fixed64(2, (BigInt(high) << 32n) | BigInt(low)).varint(3, exemplar.timestamp);
    });
  }
  return writer.finish();
}

const sorted = (metric: Readonly<Record<string, string>>) =>
  Object.entries(metric).sort(([a], [b]) => compareBytes(a, b));

const words = (value: string): readonly [number, number] =>
  /^[+-]?(Inf|NaN)$/.test(value) ? specialWords(value) : toWords(Number(value));

function outcome(lines: readonly string[], unit: string, said: string | undefined): RestoreAnswer {
  if (said === undefined) return { written: { [unit]: lines.length } };
  return { written: {}, rejected: lines.map((line) => ({ line, reason: said })) };
}

const COMMENT = /^# namespace: (".*")$/m;

/** Puts one rule group back into its namespace; a group of that name is replaced by the API itself, so it is asked first. */
export async function writeRuleGroup(
  server: Server,
  { file, lines }: RestoreBatch,
  signal: AbortSignal,
): Promise<RestoreAnswer> {
  const [text = ""] = lines;
  const { prefix } = await server.identity(signal);
  const [, quoted] = COMMENT.exec(text) ?? [];
  if (quoted === undefined) throw new PluginError("invalid", `${file} does not name its namespace`);
  const namespace = encodeURIComponent(v.parse(v.string(), JSON.parse(quoted)));
  const path = `${prefix}/config/v1/rules/${namespace}`;
  return post(server, { path, text, unit: "rules" }, signal);
}

/** Puts the tenant's Alertmanager configuration back. */
export const writeAlertmanager = (
  server: Server,
  { lines }: RestoreBatch,
  signal: AbortSignal,
): Promise<RestoreAnswer> =>
  post(server, { path: "/api/v1/alerts", text: lines[0] ?? "", unit: "alertmanager" }, signal);

async function post(
  server: Server,
  { path, text, unit }: { readonly path: string; readonly text: string; readonly unit: string },
  signal: AbortSignal,
): Promise<RestoreAnswer> {
  const headers = { "Content-Type": "application/yaml" };
  try {
    await (await server.http.send({ method: "POST", path, headers, body: text, signal })).text();
    return { written: { [unit]: 1 } };
  } catch (error) {
    if (!(error instanceof PluginError) || error.kind === "temporary") throw error;
    return { written: {}, rejected: [{ line: text, reason: error.message }] };
  }
}
