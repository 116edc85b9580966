/**
 * The single records in a line of a data file, each as a text that is the same wherever and with whatever others it was
 * exported: pages are cut differently each time, entries and samples are not.
 */
import { canonicalJson } from "../../units/canonical-json.ts";
import { isList, type Json } from "../../units/json.ts";

/** Called for each record: its text, and its time in ms where it has one. */
export type OnRecord = (key: string, timeMs: number) => void;

type Members = Readonly<Record<string, Json | undefined>>;

/** What a record of a file is called; a file that is not here has lines. */
export const RECORD_UNITS: Readonly<Record<string, string>> = {
  "logs.json": "entries",
  "metrics.json": "samples",
  "traces.json": "spans",
};

/** Takes one line of a data file apart. @throws Error when it is not what that file holds */
export function eachRecord(file: string, line: Json, onRecord: OnRecord): void {
  if (file === "logs.json") eachEntry(members(line), onRecord);
  else if (file === "metrics.json") eachSample(members(line), onRecord);
  else if (file === "traces.json") eachSpan(members(line), onRecord);
  else onRecord(canonicalJson(line), 0);
}

function eachEntry(line: Members, onRecord: OnRecord): void {
  for (const stream of list(line.streams).map(members)) {
    const labels = canonicalJson(stream.stream);
    for (const value of list(stream.values).map(list)) {
      const [time, text, metadata = {}] = value;
      onRecord(`${labels} ${time} ${canonicalJson(metadata)} ${text}`, nsToMs(time));
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
    onRecord(`${labels} ${time} ${names[index] ?? numberText(texts[index])}`, Number(time));
  });
  for (const histogram of list(rest.histograms ?? [])) {
    onRecord(`${labels} histogram ${canonicalJson(histogram)}`, Number(members(histogram).timestamp));
  }
  for (const chunk of list(rest.raw ?? [])) onRecord(`${labels} raw ${canonicalJson(chunk)}`, 0);
}

function eachSpan(line: Members, onRecord: OnRecord): void {
  for (const resource of list(line.resourceSpans).map(members)) {
    const from = canonicalJson(resource.resource);
    for (const scope of list(resource.scopeSpans).map(members)) {
      const within = `${from} ${canonicalJson(scope.scope)}`;
      for (const span of list(scope.spans)) {
        onRecord(`${within} ${canonicalJson(span)}`, nsToMs(members(span).startTimeUnixNano));
      }
    }
  }
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
