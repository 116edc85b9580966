/**
 * The single records in a line of a data file, each as a text that is the same wherever and with whatever others it was
 * exported: pages are cut differently each time, entries and samples are not.
 */
import type { Counts, Json } from "../../plugin/contract.ts";
import { canonicalJson } from "./canonical-json.ts";

/** Called for each record: its text, its time in ms where it has one, and what it counts as. */
export type OnRecord = (key: string, timeMs: number, counts: Counts) => void;

/** An object of a line. */
export type Members = Readonly<Record<string, Json | undefined>>;

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

/** Takes one line of a data file apart. @throws Error when it is not what that file holds */
export function eachRecord(file: string, line: Json, onRecord: OnRecord): void {
  if (file === "logs.json") eachEntry(members(line), onRecord);
  else if (file === "metrics.json") eachSample(members(line), onRecord);
  else if (file === "traces.json") eachSpan(members(line), onRecord);
  else if (file === "mimir/exemplars.json") eachExemplar(members(line), onRecord);
  else if (file === "grafana/annotations.jsonl")
    onRecord(canonicalJson(line), Number(members(line).time), ANNOTATION);
  else onRecord(canonicalJson(line), 0, LINE);
}

const LINE: Counts = { lines: 1 };
const ENTRY: Counts = { entries: 1 };
const SAMPLE: Counts = { samples: 1 };
const STALE: Counts = { stale: 1 };
const HISTOGRAM: Counts = { samples: 1, histograms: 1 };
const STALE_HISTOGRAM: Counts = { stale: 1, histograms: 1 };
const RAW: Counts = {};
const SPAN: Counts = { spans: 1 };
const ANNOTATION: Counts = { annotations: 1 };
const EXEMPLAR: Counts = { exemplars: 1 };

function eachEntry(line: Members, onRecord: OnRecord): void {
  for (const stream of list(line.streams).map(members)) {
    const labels = canonicalJson(stream.stream);
    for (const value of list(stream.values).map(list)) {
      const [time, text, metadata = {}] = value;
      onRecord(`${labels} ${time} ${canonicalJson(metadata)} ${text}`, nsToMs(time), ENTRY);
    }
  }
}

function eachSample(
  { metric, timestamps, values, special = {}, ...rest }: Members,
  onRecord: OnRecord,
): void {
  const labels = canonicalJson(metric);
  const names = members(special);
  const texts = list(values);
  list(timestamps).forEach((time, index) => {
    const name = names[index];
    const key = `${labels} ${time} ${name ?? numberText(texts[index])}`;
    onRecord(key, Number(time), name === "stale" ? STALE : SAMPLE);
  });
  for (const histogram of list(rest.histograms ?? [])) {
    const { timestamp, sum } = members(histogram);
    const counts = sum === "stale" ? STALE_HISTOGRAM : HISTOGRAM;
    onRecord(`${labels} histogram ${canonicalJson(histogram)}`, Number(timestamp), counts);
  }
  for (const chunk of list(rest.raw ?? []))
    onRecord(`${labels} raw ${canonicalJson(chunk)}`, Number(members(chunk).minTime), RAW);
}

function eachExemplar({ metric, exemplars }: Members, onRecord: OnRecord): void {
  const labels = canonicalJson(metric);
  for (const exemplar of list(exemplars))
    onRecord(`${labels} ${canonicalJson(exemplar)}`, Number(members(exemplar).timestamp), EXEMPLAR);
}

function eachSpan(line: Members, onRecord: OnRecord): void {
  for (const resource of list(line.resourceSpans).map(members)) {
    const from = canonicalJson(resource.resource);
    for (const scope of list(resource.scopeSpans).map(members)) {
      const within = `${from} ${canonicalJson(scope.scope)}`;
      for (const span of list(scope.spans)) {
        onRecord(`${within} ${canonicalJson(span)}`, nsToMs(members(span).startTimeUnixNano), SPAN);
      }
    }
  }
}

/** A template would write minus zero as zero. */
const numberText = (value: Json | undefined): string => (Object.is(value, -0) ? "-0" : `${value}`);

/** Without a bigint: the last six of its digits are cut off. */
const nsToMs = (ns: Json | undefined): number => (typeof ns === "string" ? Number(ns.slice(0, -6)) : 0);

/** @throws Error when it is none */
export function list(value: Json | undefined): readonly Json[] {
  if (!Array.isArray(value)) throw new Error("not a list");
  return value;
}

/** @throws Error when it is no object */
export function members(value: Json | undefined): Members {
  if (typeof value !== "object" || value === null || isList(value)) throw new Error("not an object");
  return value;
}

/** Tells a list from an object. */
export const isList = (value: object): value is readonly Json[] => Array.isArray(value);
