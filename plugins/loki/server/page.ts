/** One query_range answer: checked, kept as bytes, and its structured metadata under the names by which it was sent. */
import { PluginError, v } from "contextcore";
import { Entries, type PageStream } from "./entries.ts";
import { JsonBytes } from "./json-bytes.ts";
import { type Labels, labelSet } from "./selector.ts";

/** One page of entries, with the streams that they belong to. */
export interface Page {
  readonly streams: readonly PageStream[];
  readonly entries: Entries;
  /** False when structured metadata is mixed into the labels (Loki before 3). */
  readonly categorized: boolean;
  /** Labels whose names also occur in structured metadata, which the server shows under other names. */
  readonly taken: ReadonlySet<string>;
  /** The server's warnings that its answer is incomplete. */
  readonly warnings: readonly string[];
}

/** @throws PluginError `invalid` saying what is unexpected; `temporary` for a truncated answer */
export function readPage(bytes: Uint8Array): Page {
  const found = { streams: [] as PageStream[], type: "", flags: [] as unknown, warnings: [] as unknown };
  const json = new JsonBytes(bytes);
  const entries = new Entries(bytes);
  const parsed = new Map<number, Labels>();
  json.object((name) => {
    if (name === "warnings") found.warnings = json.value();
    else if (name === "data") json.object((inner) => readData(inner));
    else json.skipValue();
  });
  // Loki never sends invalid text; whatever changed these bytes on the way may have changed more.
  if (!json.isText) throw wrong("it is not UTF-8");
  if (found.type !== "streams") throw wrong(`resultType is ${JSON.stringify(found.type)}, not "streams"`);
  return {
    taken: restoreNames(entries, found.streams, parsed),
    streams: found.streams,
    entries,
    categorized: Array.isArray(found.flags) && found.flags.includes("categorize-labels"),
    warnings: warningsOf(found.warnings),
  };

  function readData(name: string): void {
    if (name === "resultType") found.type = json.string();
    else if (name === "encodingFlags") found.flags = json.value();
    else if (name === "result")
      json.array(() => found.streams.push(...readStream(json, { entries, parsed })));
    else json.skipValue();
  }
}

/** The output: entries, and by index what was shown as parsed. */
interface Found {
  readonly entries: Entries;
  readonly parsed: Map<number, Labels>;
}

/** A stream without entries is dropped. */
function readStream(json: JsonBytes, found: Found): PageStream[] {
  const { entries } = found;
  let labels: unknown;
  const from = entries.length;
  json.object((name) => {
    if (name === "stream") labels = json.value();
    else if (name === "values") json.array(() => readEntry(json, found));
    else json.skipValue();
  });
  if (!v.is(labelSet, labels)) throw wrong("a stream's labels are not texts by name");
  return entries.length > from ? [{ labels, from, to: entries.length }] : [];
}

const [OPEN, CLOSE, COMMA, CLOSE_OBJECT] = [0x5b, 0x5d, 0x2c, 0x7d];
const METADATA = Buffer.from('{"structuredMetadata":');

/** `["<ns>","line",{"structuredMetadata":{…},"parsed":{…}}]`, the last part optional, and each part of it. */
function readEntry(json: JsonBytes, found: Found): void {
  json.take(OPEN);
  json.peek();
  const from = json.position;
  json.skipString();
  const timeTo = json.position;
  json.take(COMMA);
  json.skipString();
  found.entries.add(from, timeTo, json.position);
  if (json.takes(COMMA)) readCategories(json, found);
  json.take(CLOSE);
}

/** The form in which Loki writes it is read in one go, any other member by member. */
function readCategories(json: JsonBytes, { entries, parsed }: Found): void {
  json.peek();
  const start = json.position;
  if (json.takesAll(METADATA)) {
    readMetadata(json, entries);
    if (json.takes(CLOSE_OBJECT)) return;
    json.position = start;
  }
  json.object((name) => {
    if (name === "structuredMetadata") readMetadata(json, entries);
    else if (name !== "parsed") json.skipValue();
    else readParsed(json, entries.length - 1, parsed);
  });
}

function readMetadata(json: JsonBytes, entries: Entries): void {
  json.peek();
  const from = json.position;
  if (json.skipTexts()) entries.setMetadata(from, json.position);
}

/** A query without a parser shows nothing as parsed but metadata named like a parser's error. */
function readParsed(json: JsonBytes, index: number, parsed: Found["parsed"]): void {
  const labels = json.value();
  if (!v.is(labelSet, labels) || !isSent(labels))
    throw wrong("a query without a parser gave parsed labels: the line is not what was stored");
  if (Object.keys(labels).length > 0) parsed.set(index, labels);
}

/** An entry in the form of Loki's push API: time in ns as a string, line, and structured metadata if any. */
export type Value = [time: string, line: string, metadata?: Labels];

/** One entry as a value, for the few that are inspected. */
function valueAt({ entries }: Page, index: number): Value {
  const metadata = entries.metadataText(index);
  return JSON.parse(`[${entries.text(entries.head(index))}${metadata === "" ? "" : `,${metadata}`}]`);
}

/** All entries of one stream of a page, in its order. */
export const valuesOf = (page: Page, { from, to }: PageStream): Value[] =>
  Array.from({ length: to - from }, (_, index) => valueAt(page, from + index));

/** Drops the notice of which engine answered; any other warning says that something is missing. */
const warningsOf = (warnings: unknown): string[] =>
  Array.isArray(warnings) ? warnings.map(String).filter((text) => !/query engine/i.test(text)) : [];

const wrong = (what: string): PluginError =>
  new PluginError("invalid", `loki: the answer to query_range is not as expected: ${what}`);

/**
 * Loki shows structured metadata that has the name of one of its stream's labels as `NAME_extracted`. Source:
 * pkg/logql/log/labels.go (`LabelsBuilder.Add`).
 */
export const SUFFIX = "_extracted";

/** A query without a parser shows only metadata sent under these names as parsed. */
const ERRORS: readonly string[] = ["__error__", "__error_details__"];

/** The stage that drops them. */
export const WITHOUT_ERRORS = ` | drop ${ERRORS.join(", ")}`;

/** Whether labels shown as parsed were all sent as metadata. */
const isSent = (parsed: Labels): boolean => Object.keys(parsed).every((name) => ERRORS.includes(name));

/** The name by which a query's filters know a stream's metadata. */
export const shownName = (labels: Labels, sent: string): string =>
  Object.hasOwn(labels, sent) ? sent + SUFFIX : sent;

/** Sorted by name, as a query shows them; `undefined`: they are as sent. */
function withOwnNames(labels: Labels, shown: Labels, parsed: Labels | undefined): Labels | undefined {
  const own = Object.entries(shown).map(([name, value]) => [sentName(labels, name), value] as const);
  if (parsed === undefined && own.every(([name]) => Object.hasOwn(shown, name))) return undefined;
  const all = [...own, ...Object.entries(parsed ?? {})];
  return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function sentName(labels: Labels, shown: string): string {
  const name = shown.endsWith(SUFFIX) ? shown.slice(0, -SUFFIX.length) : shown;
  return Object.hasOwn(labels, name) ? name : shown;
}

/**
 * Gives the entries' metadata its original names.
 * @param parsed what is shown as parsed, by entry index
 * @returns the labels whose names also occur in metadata
 */
function restoreNames(
  entries: Entries,
  streams: readonly PageStream[],
  parsed: ReadonlyMap<number, Labels>,
): ReadonlySet<string> {
  const taken = new Set<string>();
  // There is seldom anything to do, and this check costs next to nothing.
  if (parsed.size === 0 && !entries.holds(`${SUFFIX}"`)) return taken;
  const texts = new Map<number, string>();
  for (const { labels, from, to } of streams) {
    for (let index = from; index < to; index += 1) {
      const shown = entries.metadataText(index);
      const sent = withOwnNames(labels, shown === "" ? {} : JSON.parse(shown), parsed.get(index));
      if (sent === undefined) continue;
      texts.set(index, JSON.stringify(sent));
      for (const name in sent) if (Object.hasOwn(labels, name)) taken.add(name);
    }
  }
  entries.replaceMetadata(texts);
  return taken;
}
