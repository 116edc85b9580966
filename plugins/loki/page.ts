/** One answer of query_range, checked: the shape is looked at line by line, since a line that is wrong would be kept. */
import { PluginError } from "contextcore";
import type { Labels } from "./selector.ts";
import { isLabels } from "./streams.ts";

/** An entry as Loki's push API takes it: time in ns as text, line, structured metadata where there is any. */
export type Value = [time: string, line: string, metadata?: Labels];

export interface PageStream {
  /** As the server gave them, its own bookkeeping labels included. */
  readonly labels: Labels;
  readonly values: Value[];
}

export interface Page {
  readonly streams: readonly PageStream[];
  readonly entries: number;
  /** False when structured metadata is mixed into the labels: Loki before 3. */
  readonly categorized: boolean;
  /** What the server says about its answer being less than whole. */
  readonly warnings: readonly string[];
}

/** @throws PluginError `invalid` naming what is not as expected */
export function readPage(body: unknown): Page {
  const data = member(body, "data");
  const type = member(data, "resultType");
  if (type !== "streams") throw wrong(`resultType is ${JSON.stringify(type)}, not "streams"`);
  const streams = list(member(data, "result"), "data.result").map(readStream);
  return {
    streams,
    entries: streams.reduce((sum, { values }) => sum + values.length, 0),
    categorized: hasFlag(member(data, "encodingFlags")),
    warnings: warningsOf(member(body, "warnings")),
  };
}

function readStream(stream: unknown): PageStream {
  const labels = member(stream, "stream");
  if (!isLabels(labels)) throw wrong("a stream's labels are not texts by name");
  return { labels, values: list(member(stream, "values"), "values").map(readValue) };
}

/** Changes the array that was parsed into the form that is kept: making a new one for each line costs more. */
function readValue(value: unknown): Value {
  if (!isValue(value)) throw wrong("an entry is not [time, line]");
  if (value.length < 3) return value;
  const metadata = readCategories(value[2]);
  if (metadata === undefined) value.length = 2;
  else value[2] = metadata;
  return value;
}

const isValue = (value: unknown): value is Value =>
  Array.isArray(value) && typeof value[0] === "string" && typeof value[1] === "string";

/** `{"structuredMetadata":{…},"parsed":{…}}`, both optional. */
function readCategories(categories: unknown): Labels | undefined {
  const parsed = member(categories, "parsed");
  if (parsed !== undefined && !isEmpty(parsed)) {
    throw wrong("a query without a parser gave parsed labels: the line is not what was stored");
  }
  const metadata = member(categories, "structuredMetadata");
  if (metadata === undefined || isEmpty(metadata)) return undefined;
  if (!isLabels(metadata)) throw wrong("structured metadata are not texts by name");
  return metadata;
}

function isEmpty(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  for (const _ in value) return false;
  return true;
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}

function list(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw wrong(`${what} is not a list`);
  return value;
}

const hasFlag = (flags: unknown): boolean => Array.isArray(flags) && flags.includes("categorize-labels");

/** Which engine answered is no news to anybody; what is left says that something is missing. */
const warningsOf = (warnings: unknown): string[] =>
  Array.isArray(warnings) ? warnings.map(String).filter((text) => !/query engine/i.test(text)) : [];

const wrong = (what: string): PluginError =>
  new PluginError("invalid", `loki: the answer to query_range is not as expected: ${what}`);
