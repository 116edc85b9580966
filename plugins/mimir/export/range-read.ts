import { ProtobufWriter, v } from "contextcore";
import { Series } from "../chunk/series.ts";
import { toWords } from "../line/double.ts";
import { labelSet, sortedLabels, writeLabels } from "../line/labels.ts";
import { seconds } from "../server/queries.ts";
import { inOrder, type ReadAnswer, type ReadSeries } from "../server/remote-read.ts";
import type { Server } from "../server/server.ts";
import { toSelector } from "../wire/matchers.ts";
import type { ReadQuery } from "../wire/read-messages.ts";

const sample = v.tuple([v.number(), v.string()]);
const matrix = v.object({
  resultType: v.literal("matrix"),
  result: v.array(
    v.object({
      metric: labelSet,
      values: v.optional(v.array(sample), []),
      histograms: v.optional(v.array(v.tuple([v.number(), v.unknown()])), []),
    }),
  ),
});

type RangeSeries = v.InferOutput<typeof matrix>["result"][number];

/**
 * Reads raw samples by an instant query of a range vector: for servers without remote read. The range is left-open in
 * Prometheus 3 and closed before it; it is asked a little wider here, and cut when the lines are written.
 */
export async function rangeRead(server: Server, query: ReadQuery, signal: AbortSignal): Promise<ReadAnswer> {
  const range = `${toSelector(query.matchers)}[${query.lastMs - query.fromMs + 1}ms]`;
  const { data, warnings } = await server.api(matrix, {
    method: "POST",
    path: "/api/v1/query",
    form: { query: range, time: seconds(query.lastMs) },
    signal,
  });
  const found = data.result.map((one) => ({
    labelBytes: writeLabels(new ProtobufWriter(), sortedLabels(one.metric)).finish(),
    one,
  }));
  inOrder(found);
  return { method: "range", warnings, read: (skip) => each(found, skip) };
}

async function* each(
  found: readonly { readonly labelBytes: Uint8Array; readonly one: RangeSeries }[],
  skip: (labelBytes: Uint8Array) => boolean = () => false,
): AsyncIterable<ReadSeries> {
  const series = new Series();
  for (const { labelBytes, one } of found) {
    if (skip(labelBytes)) continue;
    series.clear();
    series.reserve(one.values.length);
    for (const [time, value] of one.values) series.push(Math.round(time * 1000), ...wordsOf(value));
    for (const [time, expanded] of one.histograms)
      series.raw.push(expandedHistogram(Math.round(time * 1000), expanded));
    yield { labelBytes, series };
  }
}

/** The NaN that Prometheus itself computes: the text does not say which NaN it was. */
const NAN = [0x7ff80000, 1] as const;

function wordsOf(value: string): readonly [number, number] {
  if (value === "NaN") return NAN;
  if (value === "+Inf") return [0x7ff00000, 0];
  return value === "-Inf" ? [0xfff00000, 0] : toWords(Number(value));
}

/** The query API gives buckets by their borders, without a schema. No histogram can be made of that, so it is kept as it is. */
const expandedHistogram = (time: number, expanded: unknown) => ({
  encoding: 0,
  minTime: time,
  maxTime: time,
  data: Buffer.from(JSON.stringify(expanded)),
});
