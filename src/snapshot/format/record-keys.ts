/**
 * The single records in a line of a data file, each with a name that is the same wherever and with whatever others it was
 * exported: pages are cut differently each time, entries and samples are not.
 */
import { canonicalJson } from "../../units/canonical-json.ts";
import { isList, type Json } from "../../units/json.ts";
import type { Range } from "../../units/range.ts";

/** One record of a line. Its names are worked out when they are asked for. */
export interface LineRecord {
  /**
   * What makes it this record and no other: of a sample its series and time; of a span its trace, kind, times and name, since
   * servers write ids of spans anew and give attributes in another order; of an entry or a line all of it.
   */
  readonly identity: string;
  /** All that it holds. */
  readonly content: string;
  /** When it is, half-open, ns. Absent: lines of this file have no time that is known here. */
  readonly time?: Range;
  /** When it begins, rounded down: cheap. 0 where it has none that is known here, or is kept packed. */
  readonly timeMs: number;
  /** What it counts as; nothing for what is kept packed. */
  readonly units: readonly string[];
  /** The trace that it is a part of. */
  readonly trace?: string;
  /** How people are told of it, where two contents for one identity contradict one another. */
  readonly name?: string;
}

type Members = Readonly<Record<string, Json | undefined>>;

/** What a record of a file is called; a file that is not here has lines. */
export const RECORD_UNITS: Readonly<Record<string, string>> = {
  "logs.json": "entries",
  "metrics.json": "samples",
  "traces.json": "spans",
  "mimir/exemplars.json": "exemplars",
  "grafana/annotations.jsonl": "annotations",
};

/** Files whose lines are no records of a time but describe what is there now: a newer one stands for an older. */
export const STATE_FILES: ReadonlySet<string> = new Set(["mimir/metadata.json"]);

/** The units that are counted record by record, by file. */
export const COUNTED_UNITS: Readonly<Record<string, readonly string[]>> = {
  "logs.json": ["entries"],
  "metrics.json": ["samples", "histograms", "stale"],
  "traces.json": ["spans"],
};

/** Takes one line of a data file apart. @throws Error when it is not what that file holds */
export function recordsOf(file: string, line: Json): Iterable<LineRecord> {
  if (file === "logs.json") return entriesOf(members(line));
  if (file === "metrics.json") return samplesOf(members(line));
  if (file === "traces.json") return spansOf(members(line));
  if (file === "mimir/exemplars.json") return exemplarsOf(members(line));
  const content = canonicalJson(line);
  if (file !== "grafana/annotations.jsonl") return [{ identity: content, content, timeMs: 0, units: LINE }];
  return [{ identity: content, content, timeMs: Number(members(line).time), units: ANNOTATION }];
}

const LINE = ["lines"];
const ANNOTATION = ["annotations"];
const EXEMPLAR = ["exemplars"];

function* exemplarsOf({ metric, exemplars }: Members): Generator<LineRecord> {
  const labels = canonicalJson(metric);
  for (const exemplar of list(exemplars)) {
    const content = `${labels} ${canonicalJson(exemplar)}`;
    yield { identity: content, content, timeMs: Number(members(exemplar).timestamp), units: EXEMPLAR };
  }
}

const ENTRY = ["entries"];

function* entriesOf(line: Members): Generator<LineRecord> {
  for (const stream of list(line.streams).map(members)) {
    const labels = canonicalJson(stream.stream);
    for (const value of list(stream.values).map(list)) {
      const [time, text, metadata = {}] = value;
      const content = `${labels} ${time} ${canonicalJson(metadata)} ${text}`;
      yield {
        identity: content,
        content,
        get time() {
          const from = BigInt(`${time}`);
          return { from, to: from + 1n };
        },
        timeMs: nsToMs(time),
        units: ENTRY,
      };
    }
  }
}

const [SAMPLE, STALE, PACKED] = [["samples"], ["stale"], []];
const [HISTOGRAM, STALE_HISTOGRAM] = [
  ["samples", "histograms"],
  ["histograms", "stale"],
];
const MS = 1_000_000n;

function* samplesOf({
  metric,
  labelBytes,
  timestamps,
  values,
  special = {},
  ...rest
}: Members): Generator<LineRecord> {
  // Labels that are no UTF-8 are told apart by their bytes.
  const labels = `${canonicalJson(metric)}${labelBytes ?? ""}`;
  const names = members(special);
  const texts = list(values);
  for (const [index, time] of list(timestamps).entries()) {
    const value = names[index] ?? numberText(texts[index]);
    yield sample(labels, Number(time), `${value}`, value === "stale" ? STALE : SAMPLE);
  }
  for (const histogram of list(rest.histograms ?? []).map(members)) {
    const units = histogram.sum === "stale" ? STALE_HISTOGRAM : HISTOGRAM;
    yield sample(labels, Number(histogram.timestamp), `histogram ${canonicalJson(histogram)}`, units);
  }
  for (const chunk of list(rest.raw ?? []).map(members)) {
    const content = `${labels} raw ${canonicalJson(chunk)}`;
    yield { identity: content, content, time: msRange(Number(chunk.minTime)), timeMs: 0, units: PACKED };
  }
}

const sample = (labels: string, at: number, value: string, units: readonly string[]): LineRecord => ({
  identity: `${labels} ${at}`,
  content: `${labels} ${at} ${value}`,
  get time() {
    return msRange(at);
  },
  timeMs: at,
  units,
  get name() {
    return `${labels} at ${new Date(at).toISOString()}`;
  },
});

const msRange = (ms: number): Range => ({ from: BigInt(ms) * MS, to: BigInt(ms + 1) * MS });

const SPAN = ["spans"];

function* spansOf(line: Members): Generator<LineRecord> {
  for (const resource of list(line.resourceSpans).map(members)) {
    for (const scope of list(resource.scopeSpans).map(members)) {
      for (const span of list(scope.spans).map(members)) yield spanRecord(span, resource, scope);
    }
  }
}

function spanRecord(span: Members, { resource }: Members, { scope }: Members): LineRecord {
  const { traceId, kind = 0, startTimeUnixNano: start = "0", endTimeUnixNano: end = "0", name } = span;
  return {
    identity: `${traceId} ${kind} ${start} ${end} ${name}`,
    get content() {
      return `${canonicalJson(resource)} ${canonicalJson(scope)} ${canonicalJson(span)}`;
    },
    get time() {
      const [from, until] = [BigInt(`${start}`), BigInt(`${end}`)];
      return { from, to: (until > from ? until : from) + 1n };
    },
    timeMs: nsToMs(start),
    units: SPAN,
    trace: `${traceId}`,
  };
}

/** A template would write minus zero as zero. */
const numberText = (value: Json | undefined): string => (Object.is(value, -0) ? "-0" : `${value}`);

/** Without a bigint: the last six of its digits are cut off. */
const nsToMs = (ns: Json | undefined): number => (typeof ns === "string" ? Number(ns.slice(0, -6)) : 0);

function list(value: Json | undefined): readonly Json[] {
  if (!Array.isArray(value)) throw new Error("not a list");
  return value;
}

function members(value: Json | undefined): Members {
  if (typeof value !== "object" || value === null || isList(value)) throw new Error("not an object");
  return value;
}
