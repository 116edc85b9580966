import { specialName } from "../../../plugins/mimir/line/double.ts";
import { parseSelector } from "../../../plugins/mimir/wire/matchers.ts";
import { failure, notFound, success } from "./answers.ts";
import { type Flavour, type MimirKnobs, oldestRead } from "./knobs.ts";
import { evaluate, evaluateRange } from "./promql.ts";
import { PromqlError, parsePromql } from "./promql-parse.ts";
import type { Point } from "./series.ts";
import type { Store } from "./store.ts";

export interface ApiContext {
  readonly flavour: Flavour;
  readonly store: Store;
  readonly knobs: MimirKnobs;
  /** ms */
  readonly now: number;
  readonly parameters: URLSearchParams;
}

type Endpoint = (context: ApiContext) => Response;

/** The endpoints below `…/api/v1`, by path. */
export const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  "/labels": (context) => {
    const names = selected(context).flatMap(({ labels }) => labels.map(([name]) => name));
    return listed(context, names, Number.POSITIVE_INFINITY);
  },
  "/series": (context) => success(selected(context).map(({ labels }) => Object.fromEntries(labels))),
  "/query": query,
  "/metadata": ({ store }) => {
    const entries = [...store.metadata].map(([name, description]) => [name, [description]]);
    // As Mimir 2 answers where there is none.
    return success(entries.length === 0 ? undefined : Object.fromEntries(entries));
  },
  "/query_exemplars": exemplars,
  "/admin/tsdb/delete_series": deleteSeries,
  "/admin/tsdb/clean_tombstones": ({ flavour, knobs }) => refusal(flavour, knobs) ?? done(),
};

/** `/label/NAME/values` */
export function labelValues(context: ApiContext, name: string): Response {
  const values = selected(context).flatMap(({ labels }) =>
    labels.flatMap(([label, value]) => (label === name ? [value] : [])),
  );
  return listed(context, values, context.knobs.maxLabelValues || Number.POSITIVE_INFINITY);
}

/** Mimir cuts a list silently; a `limit` that cuts it is warned of. */
function listed({ parameters }: ApiContext, names: readonly string[], most: number): Response {
  const unique = [...new Set(names)].sort().slice(0, most);
  const limit = Number(parameters.get("limit") ?? 0) || unique.length;
  return success(unique.slice(0, limit), limit < unique.length ? ["results truncated due to limit"] : []);
}

function selected({ store, parameters, now, knobs }: ApiContext) {
  const from = Math.max(oldestRead(knobs, now), time(parameters, "start", 0));
  const to = time(parameters, "end", now);
  const selectors = parameters.getAll("match[]");
  const found = (selectors.length === 0 ? ['{__name__!=""}'] : selectors).flatMap((selector) =>
    store.select(parseSelector(selector), from, to),
  );
  return [...new Set(found)];
}

/** Seconds, or RFC 3339; ms. */
function time(parameters: URLSearchParams, name: string, otherwise: number): number {
  const value = parameters.get(name);
  if (value === null) return otherwise;
  return Math.round(/^[\d.]+$/.test(value) ? Number(value) * 1000 : Date.parse(value));
}

/** The admin API of a Prometheus (web/api/v1/api.go). The lab has no blocks, so that nothing of it is left at once. */
function deleteSeries({ flavour, knobs, store, parameters }: ApiContext): Response {
  const refused = refusal(flavour, knobs);
  if (refused !== undefined) return refused;
  const selectors = parameters.getAll("match[]");
  if (selectors.length === 0) return failure(400, "bad_data", "no match[] parameter provided");
  const from = time(parameters, "start", Number.NEGATIVE_INFINITY);
  const to = time(parameters, "end", Number.POSITIVE_INFINITY);
  for (const selector of selectors) store.remove(parseSelector(selector), from, to);
  return done();
}

/** Mimir and Cortex have no such paths. */
function refusal(flavour: Flavour, { adminApi }: MimirKnobs): Response | undefined {
  if (flavour !== "prometheus") return notFound();
  return adminApi ? undefined : failure(503, "unavailable", "admin APIs disabled");
}

const done = (): Response => new Response(null, { status: 204 });

function query({ store, knobs, now, parameters }: ApiContext): Response {
  const oldest = oldestRead(knobs, now);
  const given = { store, at: time(parameters, "time", now), closed: knobs.closedRanges, oldest };
  try {
    const expression = parsePromql(parameters.get("query") ?? "");
    if (expression.kind === "range") {
      const result = evaluateRange(expression, given).map(({ metric, points }) => ({
        metric,
        ...withValues(points.filter(({ histogram }) => histogram === undefined)),
        ...withHistograms(points.filter(({ histogram }) => histogram !== undefined)),
      }));
      return success({ resultType: "matrix", result });
    }
    const result = evaluate(expression, given).map(({ metric, value }) => ({
      metric,
      value: [given.at / 1000, text(value)],
    }));
    return success({ resultType: "vector", result });
  } catch (error) {
    if (!(error instanceof PromqlError)) throw error;
    const execution = error.message.startsWith("vector cannot");
    return failure(execution ? 422 : 400, execution ? "execution" : "bad_data", error.message);
  }
}

const withValues = (points: readonly Point[]) =>
  points.length === 0 ? {} : { values: points.map((point) => [point.time / 1000, textOf(point)]) };

/** The API gives histograms by the borders of their buckets; the lab gives only their totals. */
const withHistograms = (points: readonly Point[]) =>
  points.length === 0
    ? {}
    : {
        histograms: points.map(({ time: at, histogram }) => [
          at / 1000,
          { count: String(histogram?.count), sum: "0", buckets: [] },
        ]),
      };

const text = (value: number): string => {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return String(value);
};

/** Every NaN is `NaN` here. */
function textOf({ bits }: Point): string {
  const [high, low] = [Number(bits >> 32n), Number(bits & 0xffffffffn)];
  if ((high & 0x7ff00000) !== 0x7ff00000) {
    const value = new DataView(new ArrayBuffer(8));
    value.setBigUint64(0, bits);
    return Object.is(value.getFloat64(0), -0) ? "-0" : String(value.getFloat64(0));
  }
  const name = specialName(high, low);
  return name.endsWith("Inf") ? name : "NaN";
}

function exemplars({ store, parameters, now }: ApiContext): Response {
  const [from, to] = [time(parameters, "start", 0), time(parameters, "end", now)];
  const keys = new Set(
    store
      .select(parseSelector(parameters.get("query") ?? ""), 0, Number.MAX_SAFE_INTEGER)
      .map(({ labels }) => JSON.stringify(labels)),
  );
  const found = [...store.exemplars].flatMap(([key, { labels, list }]) => {
    const within = list.filter((one) => one.time >= from && one.time <= to);
    if (!keys.has(key) || within.length === 0) return [];
    const shown = within.map((one) => ({
      labels: one.labels,
      value: text(one.value),
      timestamp: one.time / 1000,
    }));
    return [{ seriesLabels: Object.fromEntries(labels), exemplars: shown }];
  });
  return success(found);
}
