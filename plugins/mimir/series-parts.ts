/** The series of a selector, and how they are divided by their labels: for reads and counts that a server cannot answer. */
import { objectOf, type Range, toMs, v } from "contextcore";
import { compareBytes } from "./line/labels.ts";
import { seconds } from "./server/queries.ts";
import type { Server } from "./server/server.ts";
import { lengthOf, type Matcher, NAMES_LENGTH_MAX, toSelector } from "./wire/matchers.ts";

/** The labels of a series. */
export type Labels = Readonly<Record<string, string>>;

const seriesSchema = v.nullable(v.array(objectOf(v.string())));
/** So many are enough to see what tells them apart: the second part of a split takes all others, listed or not. */
const SERIES_MAX = 10_000;

/** By the index, which does not look at samples. */
export async function seriesOf(
  server: Server,
  matchers: readonly Matcher[],
  { from, to }: Range,
  signal: AbortSignal,
): Promise<readonly Labels[]> {
  const form = {
    "match[]": toSelector(matchers),
    start: seconds(toMs(from)),
    end: seconds(toMs(to) - 1),
    limit: String(SERIES_MAX),
  };
  const request = { method: "POST", path: "/api/v1/series", form, signal } as const;
  return (await server.api(seriesSchema, request)).data ?? [];
}

/** The series with some of the values of a label, or (`except`) all others. */
interface LabelPart {
  readonly label: string;
  readonly values: string[];
  readonly except?: true;
}

/** Those with some of the values of the label that has the most, and all others; `undefined` when it is one series. */
export function partsByLabel(series: readonly Labels[]): readonly [LabelPart, LabelPart] | undefined {
  const names = new Set(series.flatMap((labels) => Object.keys(labels)));
  const [best] = [...names]
    .map((label) => ({ label, values: valuesOf(series, label), all: distinct(series, label) }))
    .filter(({ all, label }) => all > 1 && label !== "__name__")
    .sort((a, b) => b.all - a.all || compareBytes(a.label, b.label));
  if (best === undefined) return undefined;
  const part = { label: best.label, values: firstHalf(best.values) };
  return [part, { ...part, except: true }];
}

/** How many values there are, none among them. */
const distinct = (series: readonly Labels[], label: string): number =>
  new Set(series.map((labels) => labels[label])).size;

/** The different values of a label, in order. */
export const valuesOf = (series: readonly Labels[], label: string): string[] =>
  [...new Set(series.flatMap((labels) => labels[label] ?? []))].sort(compareBytes);

/** The first of them, as many as a cursor may hold: half at most, and one at least, where there is any. */
export function firstHalf(values: readonly string[]): string[] {
  const half = values.slice(0, Math.ceil(values.length / 2));
  while (half.length > 1 && lengthOf(half) > NAMES_LENGTH_MAX / 4) half.length >>= 1;
  return half;
}

/** The series, where it is one; else how it is selected. */
export function nameOf(matchers: readonly Matcher[], [first, second]: readonly Labels[]): string {
  if (first === undefined || second !== undefined) return toSelector(matchers);
  const { __name__: metric = "", ...rest } = first;
  const pairs = Object.entries(rest).map(([name, value]): Matcher => ({ name, operator: "=", value }));
  if (/^[a-zA-Z_:][\w:]*$/.test(metric)) return pairs.length === 0 ? metric : `${metric}${toSelector(pairs)}`;
  return toSelector([{ name: "__name__", operator: "=", value: metric }, ...pairs]);
}
