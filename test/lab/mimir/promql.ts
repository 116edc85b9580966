import { doubleBits } from "../../../plugins/mimir/chunk/histogram-layout.ts";
import { toDouble } from "../../../plugins/mimir/line/double.ts";
import { type Expression, PromqlError } from "./promql-parse.ts";
import { isStale, type Point } from "./series.ts";
import type { Store } from "./store.ts";

type LabelsByName = Readonly<Record<string, string>>;

/** One element of an instant vector. */
export interface Element {
  readonly metric: LabelsByName;
  readonly value: number;
  /** When the sample was taken, ms. */
  readonly time: number;
}

/** One series of a range vector. */
export interface Range {
  readonly metric: LabelsByName;
  readonly points: readonly Point[];
  readonly count: number;
}

export interface Evaluation {
  readonly store: Store;
  /** The instant, ms. */
  readonly at: number;
  /** A range takes in its left border too. */
  readonly closed: boolean;
  /** Nothing before this is looked at, and nobody is told (`max_query_lookback`), ms. */
  readonly oldest: number;
}

const LOOKBACK_MS = 300_000;

/** An instant vector. @throws PromqlError where an instant vector cannot stand */
export function evaluate(expression: Expression, given: Evaluation): readonly Element[] {
  switch (expression.kind) {
    case "number":
      return [{ metric: {}, value: expression.value, time: given.at }];
    case "selector":
      return instant(expression.matchers, given);
    case "range":
      throw new PromqlError('parse error: expected type instant vector, got "range vector"');
    case "binary":
      return binary(expression, given);
    case "call":
      return call(expression, given);
  }
}

function instant(
  matchers: Extract<Expression, { kind: "selector" }>["matchers"],
  { store, at, oldest }: Evaluation,
): Element[] {
  const from = Math.max(oldest, at - LOOKBACK_MS + 1);
  return store.select(matchers, from, at).flatMap((series) => {
    const last = series.points(from, at).at(-1);
    if (last === undefined || isStale(last)) return [];
    return [{ metric: Object.fromEntries(series.labels), value: numberOf(last), time: last.time }];
  });
}

const numberOf = ({ bits }: Point): number => toDouble(Number(bits >> 32n), Number(bits & 0xffffffffn));

/** The samples of a range vector. Stale markers are not among them. */
export function evaluateRange(expression: Expression, given: Evaluation, whole = true): readonly Range[] {
  if (expression.kind !== "range") throw new PromqlError("parse error: expected a range vector");
  const { of, ms, stepMs } = expression;
  const from = Math.max(given.oldest, given.at - ms + (given.closed ? 0 : 1));
  if (stepMs !== undefined) return subquery(of, { from, stepMs }, given);
  if (of.kind !== "selector") throw new PromqlError("parse error: ranges only allowed for vector selectors");
  return given.store.select(of.matchers, from, given.at).flatMap((series) => {
    const count = series.count(from, given.at);
    const points = whole ? series.points(from, given.at).filter((point) => !isStale(point)) : [];
    return count === 0 ? [] : [{ metric: Object.fromEntries(series.labels), points, count }];
  });
}

function subquery(
  of: Expression,
  { from, stepMs }: { from: number; stepMs: number },
  given: Evaluation,
): Range[] {
  const points: Point[] = [];
  for (let time = Math.ceil(from / stepMs) * stepMs; time <= given.at; time += stepMs) {
    for (const { value } of evaluate(of, { ...given, at: time }))
      points.push({ time, bits: doubleBits(value) });
  }
  return points.length === 0 ? [] : [{ metric: {}, points, count: points.length }];
}

function call(
  { name, by, of }: Extract<Expression, { kind: "call" }>,
  given: Evaluation,
): readonly Element[] {
  if (name === "vector") return evaluate(of, given);
  if (name === "count_over_time") {
    const counted = evaluateRange(of, given, false);
    return unique(
      counted.map(({ metric, count }) => ({ metric: nameless(metric), value: count, time: given.at })),
    );
  }
  if (name === "last_over_time") {
    return evaluateRange(of, given).flatMap(({ metric, points }) => {
      const last = points.at(-1);
      return last === undefined ? [] : [{ metric, value: numberOf(last), time: given.at }];
    });
  }
  const elements = evaluate(of, given);
  if (name === "timestamp") {
    return unique(
      elements.map(({ metric, time }) => ({
        metric: nameless(metric),
        value: time / 1000,
        time: given.at,
      })),
    );
  }
  return aggregate(name, by, elements, given.at);
}

const nameless = ({ __name__: _, ...rest }: LabelsByName): LabelsByName => rest;

/** Without its name a series may equal another's, which the engine refuses. */
function unique(elements: readonly Element[]): readonly Element[] {
  const keys = new Set(elements.map(({ metric }) => JSON.stringify(metric)));
  if (keys.size < elements.length)
    throw new PromqlError("vector cannot contain metrics with the same labelset");
  return elements;
}

const AGGREGATE: Readonly<Record<string, (values: readonly number[]) => number>> = {
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
  count: (values) => values.length,
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
};

function aggregate(
  name: string,
  by: readonly string[],
  elements: readonly Element[],
  time: number,
): Element[] {
  const groups = Map.groupBy(elements, ({ metric }) =>
    JSON.stringify(by.flatMap((label) => (metric[label] === undefined ? [] : [[label, metric[label]]]))),
  );
  return [...groups].map(([key, group]) => ({
    metric: Object.fromEntries(JSON.parse(key)),
    value: AGGREGATE[name]?.(group.map(({ value }) => value)) ?? Number.NaN,
    time,
  }));
}

function binary(
  { operator, left, right }: Extract<Expression, { kind: "binary" }>,
  given: Evaluation,
): Element[] {
  const [a, b] = [evaluate(left, given), evaluate(right, given)];
  const keys = new Map(a.map((element) => [JSON.stringify(element.metric), element]));
  if (operator === "or") return [...a, ...b.filter(({ metric }) => !keys.has(JSON.stringify(metric)))];
  return b.flatMap(({ metric, value }) => {
    const other = keys.get(JSON.stringify(metric));
    return other === undefined ? [] : [{ metric, value: other.value + value, time: given.at }];
  });
}
