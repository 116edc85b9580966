/** Which records of a snapshot's data belong to a person. */
import type { PersonPlace } from "../../config/subjects.ts";
import { formatOf } from "../../snapshot/format/formats.ts";
import { keepRecords } from "../../snapshot/format/keep-records.ts";
import type { LineRecord } from "../../snapshot/format/line-format.ts";
import { recordsOf } from "../../snapshot/format/record-keys.ts";
import { canonicalJson } from "../../units/canonical-json.ts";
import { parseExact } from "../../units/exact-json.ts";
import type { Json } from "../../units/json.ts";
import { holdsSpelled } from "./spellings.ts";
import { someText } from "./texts.ts";

/** A record that belongs to a person. */
interface Matched {
  readonly record: LineRecord;
  /** The line of the data file as if this were its only record. */
  readonly line: string;
}

/** Finds one person's records in the data of one backend. */
export interface Matcher {
  /** @param file as plugins name it @param text a line of it @throws Error when it is not what the file holds */
  recordsIn(file: string, text: string): Generator<Matched>;
  /** Whether a text that is no record, or a name in it, has the identifier in it. @param text JSON, or any other */
  isIn(text: string): boolean;
}

/** @param places of the backend in the configuration; without one, and with one that names no fields, every text counts */
export function matcherOf(id: string, places: readonly PersonPlace[] = []): Matcher {
  const holds = holdsSpelled(id);
  // 12.5 is another number than 12.
  const isHere = (one: string, _: readonly string[], isNumber: boolean): boolean =>
    isNumber ? one === id : holds(one);
  const fields = places.flatMap((place) => place.fields ?? []).map((field) => `.${field}`);
  const isByField = fields.length > 0 && places.every((place) => place.fields !== undefined);
  const isSought = (name: string, text: string): boolean => {
    const hasNumbers = formatOf(name)?.keep === undefined;
    const value = parsed(text);
    if (!isByField) return someText(value, { hasNumbers }, isHere);
    return someText(value, { hasNumbers: true }, (one, path) => isField(one, path, fields, id));
  };
  return {
    recordsIn: (file, text) => matchedIn(file, text, (line) => isSought(file, line)),
    isIn: (text) => holds(text) || someText(parsed(text), { hasNumbers: true }, isHere),
  };
}

/** Text that is no JSON is a text. */
function parsed(text: string): unknown {
  try {
    return parseExact(text);
  } catch {
    return text;
  }
}

/** Whether it is the value of one of the fields, or of one in the JSON that the text is: the line of a log often is. */
function isField(text: string, path: readonly string[], fields: readonly string[], id: string): boolean {
  const whole = `.${path.join(".")}`;
  if (text === id && fields.some((field) => whole.endsWith(field))) return true;
  if (!text.startsWith("{")) return false;
  const below = parsed(text);
  if (typeof below === "string") return false;
  return someText(below, { hasNumbers: true }, (one, inner) => isField(one, [...path, ...inner], fields, id));
}

/** A line whose records nobody tells apart is one. */
function wholeLine(value: Json): LineRecord {
  const content = canonicalJson(value);
  return { identity: content, content, timeMs: 0, units: ["lines"] };
}

/** Halves the line until what is left is one record, so that what records have in common counts for each of them. */
function* matchedIn(file: string, text: string, isSought: (line: string) => boolean): Generator<Matched> {
  if (!isSought(text)) return;
  const value: Json = JSON.parse(text);
  const records = [...recordsOf(file, value)];
  const [only = wholeLine(value), ...others] = records;
  if (others.length === 0) yield { record: only, line: text };
  else yield* halved(file, text, records, isSought);
}

/** @param records those of this line, which is already known to hold the identifier somewhere */
function* halved(
  file: string,
  text: string,
  records: readonly LineRecord[],
  isSought: (line: string) => boolean,
): Generator<Matched> {
  const middle = records.length >> 1;
  for (const [from, to] of [
    [0, middle],
    [middle, records.length],
  ] as const) {
    const line = part(file, text, from, to);
    const [record] = records.slice(from, to);
    if (record === undefined || line === undefined || !isSought(line)) continue;
    if (to - from === 1) yield { record, line };
    else yield* halved(file, line, records.slice(from, to), isSought);
  }
}

function part(file: string, text: string, from: number, to: number): string | undefined {
  let at = -1;
  return keepRecords(file, text, () => {
    at += 1;
    return at >= from && at < to;
  });
}
