import { data, json, plainJson, queryError } from "./answers.ts";
import { jsonText, type Labels, labelString, labelsJson, labelValue, toLabels } from "./labels.ts";
import type { LokiLimits } from "./limits.ts";
import type { LogQuery } from "./logql.ts";
import { weigh } from "./metric.ts";
import { listAnswer } from "./query-range.ts";
import type { Slice, Store } from "./store.ts";

export interface Span {
  readonly from: bigint;
  readonly to: bigint;
}

const ALL = [[]] as const;

function selected(store: Store, selectors: readonly LogQuery[], { from, to }: Span): Slice[] {
  const groups = selectors.length === 0 ? ALL : selectors.map(({ matchers }) => matchers);
  const found = new Map<string, Slice>();
  for (const slice of groups.flatMap((matchers) => store.select(matchers, from, to)))
    found.set(slice.stream.key, slice);
  return [...found.values()];
}

export const series = (store: Store, selectors: readonly LogQuery[], span: Span): Response =>
  json(
    `{"status":"success","data":[${selected(store, selectors, span)
      .map(({ stream }) => labelsJson(stream.labels))
      .join(",")}]}`,
  );

export function labelNames(store: Store, selectors: readonly LogQuery[], span: Span): Response {
  const names = selected(store, selectors, span).flatMap(({ stream }) => stream.labels.map(([name]) => name));
  return listAnswer([...new Set(names)].sort().map(jsonText));
}

export function labelValues(
  store: Store,
  name: string,
  selectors: readonly LogQuery[],
  span: Span,
): Response {
  const values = selected(store, selectors, span).map(({ stream }) => labelValue(stream.labels, name));
  return listAnswer(
    [...new Set(values)]
      .filter((value) => value !== "")
      .sort()
      .map(jsonText),
  );
}

/** From the index alone: nothing that an ingester still holds, so nothing younger than a chunk may get. */
export function stats(store: Store, { matchers }: LogQuery, span: Span, indexedUntil: bigint): Response {
  const to = span.to < indexedUntil ? span.to : indexedUntil;
  const slices = store.select(matchers, span.from, to);
  const entries = slices.reduce((sum, { low, high }) => sum + high - low, 0);
  const bytes = slices.reduce((sum, { stream, low, high }) => sum + weigh(stream.entries, low, high), 0);
  return json(`{"streams":${slices.length},"chunks":${slices.length},"bytes":${bytes},"entries":${entries}}`);
}

export interface VolumeRequest extends Span {
  readonly query: LogQuery;
  readonly limit: number;
  readonly targets: readonly string[];
}

/** Bytes by the labels that the selector names, largest first. */
export function volume(store: Store, request: VolumeRequest, limits: LokiLimits): Response {
  if (!limits.volume_enabled) return queryError(404, "not found");
  const names = request.targets.length > 0 ? request.targets : request.query.matchers.map(({ name }) => name);
  const sums = new Map<string, { labels: Labels; bytes: number }>();
  for (const { stream, low, high } of store.select(request.query.matchers, request.from, request.to)) {
    const labels = toLabels(stream.labels.filter(([name]) => names.includes(name)));
    const sum = sums.get(labelString(labels)) ?? { labels, bytes: 0 };
    sum.bytes += weigh(stream.entries, low, high);
    sums.set(labelString(labels), sum);
  }
  const largest = [...sums].sort(([a, one], [b, other]) => other.bytes - one.bytes || (a < b ? -1 : 1));
  const at = Number(request.to / 1_000_000n) / 1000;
  const shown = largest.slice(0, Math.min(request.limit, limits.volume_max_series));
  return data(
    "vector",
    shown
      .map(([, { labels, bytes }]) => `{"metric":${labelsJson(labels)},"value":[${at},"${bytes}"]}`)
      .join(","),
  );
}

/** `/loki/api/v1/status/buildinfo` of a server that was built without a release's name. */
export const buildInfo = (): Response =>
  plainJson('{"version":"","revision":"","branch":"","buildUser":"","buildDate":"","goVersion":"go1.26.10"}');
