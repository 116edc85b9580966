import { ProtobufWriter, type RestoreAnswer, type RestoreBatch, v } from "contextcore";
import type { Server } from "../server/server.ts";
import { readJson } from "../shape.ts";
import { snappyCompress } from "../wire/snappy.ts";
import { sendWriteRequest } from "./remote-write.ts";

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
    const { metric, type, help, unit } = readJson("a line of mimir/metadata.json", description, line);
    const number = Math.max(0, TYPES.indexOf(type));
    writer.message(3, (one) => one.varint(1, number).string(2, metric).string(4, help).string(5, unit));
  }
  const said = await sendWriteRequest(server, snappyCompress(writer.finish()), signal);
  return said === undefined ? { written: { metadata: lines.length } } : refuse(lines, said);
}

/** All of the lines, with one reason. */
export const refuse = (lines: readonly string[], reason: string): RestoreAnswer => ({
  written: {},
  rejected: lines.map((line) => ({ line, reason })),
});

/** The same where no setting would help, which the preflight has said. */
export const unsupported = (lines: readonly string[], reason: string): RestoreAnswer => ({
  written: {},
  rejected: lines.map((line) => ({ line, reason, unsupported: true })),
});
