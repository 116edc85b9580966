/** What the lines of the well-known data files hold, so that a snapshot is counted without the plugin that wrote it. */
import type { Counts } from "../../contract/contract.ts";

/** One line's contents, counted. */
export interface LineFacts {
  readonly counts: Counts;
  /** Earliest and latest time in it, ns; absent when it has none. */
  readonly earliest?: bigint;
  readonly latest?: bigint;
  /** What must be there once in the file: a trace's id. */
  readonly id?: string;
}

export interface LineFormat {
  /** @throws Error saying which part of the line is not as the format says */
  measure(value: unknown): LineFacts;
  /** What a block's counts say in the units that are measured; units that it does not name are not compared. */
  claims(counts: Counts): Counts;
}

/** By data file, as plugins name it. Other files are only parsed. */
export const FORMATS: Readonly<Record<string, LineFormat>> = {
  "logs.json": { measure: measureLogs, claims: named("entries") },
  "traces.json": { measure: measureTrace, claims: named("traces", "spans") },
  "metrics.json": { measure: measureSeries, claims: claimPoints },
};

function named(...units: readonly string[]): (counts: Counts) => Counts {
  return (counts) => Object.fromEntries(Object.entries(counts).filter(([unit]) => units.includes(unit)));
}

/** Stale markers are points too; `samples` leaves them out, as servers do. */
function claimPoints({ samples, stale = 0 }: Counts): Counts {
  return samples === undefined ? {} : { points: samples + stale };
}

/** `{"streams":[{"stream":{…},"values":[["<ns>","line",{…}], …]}]}`, times ascending. */
function measureLogs(line: unknown): LineFacts {
  const extent = createExtent();
  let entries = 0;
  for (const stream of list(line, "streams")) {
    let last = "";
    for (const value of list(stream, "values")) {
      const [time, text]: readonly unknown[] = Array.isArray(value) ? value : [];
      if (typeof time !== "string" || typeof text !== "string")
        throw new Error("a value is not [time, line, …]");
      if (last !== "" && isBefore(time, last)) throw new Error(`times are not ascending at ${time}`);
      extent.add(time);
      last = time;
      entries += 1;
    }
  }
  return { counts: { entries }, ...extent.result() };
}

/** OTLP/JSON TracesData, one trace. Spans are timed by their start. */
function measureTrace(line: unknown): LineFacts {
  const extent = createExtent();
  let spans = 0;
  let id: string | undefined;
  for (const resource of list(line, "resourceSpans")) {
    for (const scope of list(resource, "scopeSpans")) {
      for (const span of list(scope, "spans")) {
        const { traceId, startTimeUnixNano } = fields(span);
        if (typeof traceId !== "string") throw new Error("a span has no traceId");
        if (typeof startTimeUnixNano === "string") extent.add(startTimeUnixNano);
        id ??= traceId;
        spans += 1;
      }
    }
  }
  return { counts: { traces: 1, spans }, ...extent.result(), ...(id === undefined ? {} : { id }) };
}

/** One series: `timestamps` (ms, ascending) with as many `values`, and `histograms` with a time each. */
function measureSeries(line: unknown): LineFacts {
  const { metric, timestamps, values, histograms = [] } = fields(line);
  if (!Array.isArray(timestamps) || !Array.isArray(values) || !Array.isArray(histograms))
    throw new Error("timestamps, values or histograms are not lists");
  if (typeof metric !== "object" || metric === null) throw new Error("metric is not an object");
  if (timestamps.length !== values.length)
    throw new Error(`${timestamps.length} timestamps and ${values.length} values`);
  const times: unknown[] = [
    ...ascending(timestamps),
    ...ascending(histograms.map((one) => fields(one).timestamp)),
  ];
  const extent = createExtent();
  for (const time of times) extent.add(`${time}000000`);
  return { counts: { points: timestamps.length + histograms.length }, ...extent.result() };
}

/** The first and the last, once it is sure that nothing lies outside of them. */
function ascending(times: readonly unknown[]): readonly number[] {
  let last = Number.NEGATIVE_INFINITY;
  for (const time of times) {
    if (typeof time !== "number" || !(time > last))
      throw new Error(`timestamps are not ascending at ${time}`);
    last = time;
  }
  const first = times[0];
  return typeof first === "number" ? [first, last] : [];
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  if (!isObject(value)) throw new Error("not an object");
  return value;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

function list(value: unknown, name: string): readonly unknown[] {
  const member = fields(value)[name];
  if (!Array.isArray(member)) throw new Error(`${name} is not a list`);
  return member;
}

/** Decimal numbers without a sign or leading zeros, compared without making numbers of them. */
const isBefore = (a: string, b: string): boolean => (a.length === b.length ? a < b : a.length < b.length);

const DECIMAL = /^\d{1,21}$/;

/** The earliest and latest of many times in ns. */
function createExtent() {
  let earliest: string | undefined;
  let latest: string | undefined;
  return {
    add(time: string): void {
      if (earliest === undefined || isBefore(time, earliest)) earliest = time;
      if (latest === undefined || isBefore(latest, time)) latest = time;
    },
    result() {
      if (earliest === undefined || latest === undefined) return {};
      if (!DECIMAL.test(earliest) || !DECIMAL.test(latest)) throw new Error("a time is not a whole number");
      return { earliest: BigInt(earliest), latest: BigInt(latest) };
    },
  };
}
