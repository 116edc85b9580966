/** What a step that the server cannot answer is made of: its metrics first, then a metric's series, then their time. */
import { type Cursor, halves, NS_PER_SECOND, objectOf, type Range, type Split, toMs, v } from "contextcore";
import { compareBytes } from "../line/labels.ts";
import { seconds } from "../server/queries.ts";
import type { Server } from "../server/server.ts";
import { lengthOf, type Matcher, NAMES_LENGTH_MAX, toSelector } from "../wire/matchers.ts";
import { readCursor, toCursor, type Work, type WorkOf, windowOf } from "./cursors.ts";
import { halvedNames, matchersOfRead } from "./read.ts";
import { partsOf } from "./windows.ts";

/** Ends at the samples of one series in one second. @throws what the server says when its series are asked for */
export async function split(server: Server, cursor: Cursor, signal: AbortSignal): Promise<Split> {
  const work = readCursor(cursor);
  switch (work.step) {
    case "span":
      return { cursors: partsOf(windowOf(work)), items: ["whether there are samples"] };
    case "hour":
      return splitRead(server, asRead(work), signal);
    case "groups":
      return inTime(asRead(work), "the list of metrics");
    case "read":
      return splitRead(server, work, signal);
    case "exemplars":
      return inTime(work, "exemplars");
    case "metadata":
      return { items: ["descriptions of metrics"] };
    case "rules":
      return { items: ["rules"] };
    case "alertmanager":
      return { items: ["the Alertmanager's configuration"] };
  }
}

/** The same without a list of metrics: all but none of them. */
const asRead = (work: WorkOf<"hour"> | WorkOf<"groups">): WorkOf<"read"> => ({
  ...{ step: "read", ...windowOf(work), hourFrom: work.from, hourTo: work.to, except: [] },
  ...("after" in work ? { after: work.after } : {}),
});

async function splitRead(server: Server, work: WorkOf<"read">, signal: AbortSignal): Promise<Split> {
  const matchers = matchersOfRead(work);
  const series = await seriesOf(server, matchers, work, signal);
  const parts = byMetric(work, series) ?? byLabel(work, series);
  const item = `samples of ${nameOf(matchers, series)}`;
  return parts === undefined ? inTime(work, item) : { cursors: parts.map(toCursor), items: [item] };
}

type Labels = Readonly<Record<string, string>>;

const seriesSchema = v.nullable(v.array(objectOf(v.string())));
/** So many are enough to see what tells them apart: the second part of a split takes all others, listed or not. */
const SERIES_MAX = 10_000;

/** By the index, which does not look at samples. */
async function seriesOf(
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

/** Some metrics, and all but these; `undefined` when it is one metric already. */
function byMetric(work: WorkOf<"read">, series: readonly Labels[]): readonly Work[] | undefined {
  const { names, except = [] } = work;
  const halved = halvedNames(work);
  if (halved !== undefined) return halved;
  const some = firstHalf(valuesOf(series, "__name__"));
  if (names !== undefined || some.length === 0) return undefined;
  if (lengthOf([...except, ...some]) > NAMES_LENGTH_MAX) return undefined;
  return [
    { ...work, names: some, except: undefined },
    { ...work, except: [...except, ...some] },
  ];
}

/** Those with some of the values of the label that has the most, and all others; `undefined` when it is one series. */
function byLabel(work: WorkOf<"read">, series: readonly Labels[]): readonly Work[] | undefined {
  const names = new Set(series.flatMap((labels) => Object.keys(labels)));
  const [best] = [...names]
    .map((label) => ({ label, values: valuesOf(series, label), all: distinct(series, label) }))
    .filter(({ all, label }) => all > 1 && label !== "__name__")
    .sort((a, b) => b.all - a.all || compareBytes(a.label, b.label));
  if (best === undefined) return undefined;
  const { label, values } = best;
  const part = { label, values: firstHalf(values) };
  const { within = [] } = work;
  return [part, { ...part, except: true }].map((one) => ({ ...work, within: [...within, one] }));
}

/** How many values there are, none among them. */
const distinct = (series: readonly Labels[], label: string): number =>
  new Set(series.map((labels) => labels[label])).size;

const valuesOf = (series: readonly Labels[], label: string): string[] =>
  [...new Set(series.flatMap((labels) => labels[label] ?? []))].sort(compareBytes);

/** The first of them, as many as a cursor may hold: half at most, and one at least, where there is any. */
function firstHalf(values: readonly string[]): string[] {
  const half = values.slice(0, Math.ceil(values.length / 2));
  while (half.length > 1 && lengthOf(half) > NAMES_LENGTH_MAX / 4) half.length >>= 1;
  return half;
}

function inTime(work: WorkOf<"read"> | WorkOf<"exemplars">, item: string): Split {
  const [earlier, later] = halves({ from: work.from, to: work.to }, NS_PER_SECOND) ?? [];
  if (earlier === undefined || later === undefined) return { items: [item] };
  const rest = work.step === "read" ? { first: undefined } : {};
  const parts = [
    { ...work, ...earlier },
    { ...work, ...later, ...rest },
  ];
  return { cursors: parts.map(toCursor), items: [item] };
}

/** The series, where it is one; else how it is selected. */
function nameOf(matchers: readonly Matcher[], [first, second]: readonly Labels[]): string {
  if (first === undefined || second !== undefined) return toSelector(matchers);
  const { __name__: metric = "", ...rest } = first;
  const pairs = Object.entries(rest).map(([name, value]): Matcher => ({ name, operator: "=", value }));
  if (/^[a-zA-Z_:][\w:]*$/.test(metric)) return pairs.length === 0 ? metric : `${metric}${toSelector(pairs)}`;
  return toSelector([{ name: "__name__", operator: "=", value: metric }, ...pairs]);
}
