import { data, queryError } from "./answers.ts";
import { type EntryList, pairsOf } from "./entry.ts";
import { type Labels, labelString, labelsJson, labelValue } from "./labels.ts";
import type { MetricQuery } from "./logql.ts";
import { passes } from "./matcher.ts";
import { allLabels } from "./shown.ts";
import type { Slice, Store } from "./store.ts";
import { type IsUnreadable, requireAllReadable } from "./unreadable.ts";

interface Series {
  readonly labels: Labels;
  readonly key: string;
  /** By step, in the order of the times asked for. */
  readonly values: number[];
}

/** What a metric query answers when one of its lines says that a parser failed. Source: pkg/logqlmodel/error.go. */
export class PipelineError extends Error {
  constructor(labels: Labels) {
    const error = labelValue(labels, "__error__");
    super(
      `pipeline error: '${error}' for series: '${labelString(labels)}'.\n` +
        `Use a label filter to intentionally skip this error. (e.g | __error__!="${error}").\n` +
        'To skip all potential errors you can match empty errors.(e.g __error__="")\n' +
        'The label filter can also be specified after unwrap. (e.g | unwrap latency | __error__="" )\n',
    );
  }
}

/** What there is, and what of it cannot be read. */
interface Chunks {
  readonly store: Store;
  readonly isUnreadable: IsUnreadable | undefined;
}

/** An instant query: a vector. The range is `(time - range, time]`. */
export function queryInstant(store: Chunks, query: MetricQuery, time: bigint, maxSeries: number): Response {
  const series = evaluate(store, query, [time]);
  if (series.length > maxSeries) return tooMany(maxSeries);
  const at = seconds(time);
  return data(
    "vector",
    series
      .map(({ labels, values }) => `{"metric":${labelsJson(labels)},"value":[${at},"${values[0]}"]}`)
      .join(","),
  );
}

/** A range query: a matrix with one value a step where there is one. */
export function queryMatrix(
  store: Chunks,
  query: MetricQuery,
  span: { from: bigint; to: bigint; step: bigint },
  maxSeries: number,
): Response {
  const times: bigint[] = [];
  for (let time = span.from; time <= span.to; time += span.step) times.push(time);
  const series = evaluate(store, query, times);
  if (series.length > maxSeries) return tooMany(maxSeries);
  const shown = series.map(({ labels, values }) => {
    const points = times.flatMap((time, index) =>
      values[index] ? [`[${seconds(time)},"${values[index]}"]`] : [],
    );
    return `{"metric":${labelsJson(labels)},"values":[${points.join(",")}]}`;
  });
  return data("matrix", shown.join(","));
}

const seconds = (time: bigint): number => Number(time / 1_000_000n) / 1000;

const tooMany = (most: number): Response =>
  queryError(
    400,
    `maximum number of series (${most}) reached for a single query; consider reducing query cardinality by adding more specific stream selectors, reducing the time range, or aggregating results with functions like sum(), count() or topk()`,
  );

function evaluate({ store, isUnreadable }: Chunks, query: MetricQuery, times: readonly bigint[]): Series[] {
  const found = new Map<string, Series>();
  const add = (labels: Labels, step: number, value: number): void => {
    const kept = query.sum === undefined ? labels : onlyBy(labels, query.sum.by);
    const key = labelString(kept);
    const series = found.get(key) ?? { labels: kept, key, values: times.map(() => 0) };
    found.set(key, series);
    series.values[step] = (series.values[step] ?? 0) + value;
  };
  times.forEach((time, step) => {
    for (const slice of store.select(query.log.matchers, time - query.range + 1n, time + 1n)) {
      requireAllReadable(slice, isUnreadable);
      measure(query, slice, (labels, value) => add(labels, step, value));
    }
  });
  return [...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

const onlyBy = (labels: Labels, by: readonly string[]): Labels =>
  labels.filter(([name]) => by.includes(name));

/** A plain count needs no look at the entries. */
function measure(
  query: MetricQuery,
  { stream, low, high }: Slice,
  add: (labels: Labels, value: number) => void,
): void {
  const whole = query.sum?.by.every((name) => labelValue(stream.labels, name) !== "") ?? false;
  const { drops, filters } = query.log;
  const plain =
    query.operation === "count_over_time" && filters.length === 0 && stream.entries.hasErrors !== true;
  if (plain && (whole || query.sum?.by.length === 0)) {
    add(stream.labels, high - low);
    return;
  }
  for (let index = low; index < high; index += 1) {
    const entry = stream.entries.entry(index);
    const line: string = JSON.parse(entry.line);
    const labels = allLabels(stream, entry).filter(([name]) => !drops.includes(name));
    if (labelValue(labels, "__error__") !== "") throw new PipelineError(labels);
    if (!passes(filters, line, (name) => labelValue(labels, name))) continue;
    add(labels, query.operation === "count_over_time" ? 1 : Buffer.byteLength(line));
  }
}

/**
 * What a run of entries weighs in Loki's chunks: the lines, every metadata string once, and 8 bytes a metadata pair.
 * Long runs are judged by their first ten thousand entries.
 */
export function weigh(entries: EntryList, low: number, high: number): number {
  const looked = Math.min(high, low + 10_000);
  const symbols = new Set<string>();
  let bytes = 0;
  for (let index = low; index < looked; index += 1) {
    const entry = entries.entry(index);
    bytes += Buffer.byteLength(JSON.parse(entry.line));
    for (const pair of pairsOf(entry.metadata)) {
      bytes += 8;
      for (const text of pair) symbols.add(text);
    }
  }
  for (const text of symbols) bytes += Buffer.byteLength(text);
  return looked === high ? bytes : Math.round((bytes / (looked - low)) * (high - low));
}
