/** What the attributes of a span say, asked by the names of the table. */
import type { AnyValue, Attribute } from "../../otlp/trace.ts";
import { isList, type Json } from "../../units/json.ts";
import { at, countAt, parsed, textAt } from "../stream/fields.ts";
import { numberedBelow } from "./numbered.ts";
import { jsonOf } from "./value.ts";

/** Names, of which the first that is there counts. */
type Names = readonly string[];

/** See {@link wordsOf}. What is not there, or not of the kind, is `undefined`. */
export interface SpanWords {
  /** Of a list, its first. */
  text(names: Names): string | undefined;
  /** A whole number, not below zero. */
  count(names: Names): number | undefined;
  number(names: Names): number | undefined;
  /** What it holds; a text that is an object or a list of JSON is that. */
  json(names: Names): Json | undefined;
}

/** @param lists of attributes; of two with the same name the first counts */
export function wordsOf(...lists: readonly (readonly Attribute[])[]): SpanWords {
  const values = new Map<string, AnyValue>();
  for (const list of lists) for (const { key, value } of list) if (!values.has(key)) values.set(key, value);

  const one = (name: string): Json | undefined => {
    if (name.endsWith(".*")) return numberedBelow(name.slice(0, -1), values);
    const [key = "", member] = name.split("#");
    const value = values.get(key);
    if (value === undefined || value.kind === "none") return undefined;
    if (member !== undefined) return textAt(read(key, jsonOf(value)), member);
    return jsonOf(value);
  };

  const first = <Found>(
    names: Names,
    look: (value: Json, name: string) => Found | undefined,
  ): Found | undefined => {
    for (const name of names) {
      const value = one(name);
      const found = value === undefined ? undefined : look(value, name);
      if (found !== undefined) return found;
    }
    return undefined;
  };

  return {
    text: (names) => first(names, textOf),
    count: (names) => first(names, (value) => countAt({ value }, "value")),
    number: (names) => first(names, (value) => (typeof value === "number" ? value : undefined)),
    json: (names) => first(names, (value, name) => read(name, value)),
  };
}

function textOf(value: Json): string | undefined {
  const text = isList(value) ? at(value, 0) : value;
  return typeof text === "string" && text !== "" ? text : undefined;
}

/** The AI SDK writes every value as JSON, also a text. */
function read(name: string, value: Json): Json {
  const isAlways = name.startsWith("ai.");
  if (isList(value)) return isAlways ? value.map((one) => read(name, one)) : value;
  const isJson = typeof value === "string" && (isAlways || /^\s*[[{]/.test(value));
  return isJson ? (parsed(value) ?? value) : value;
}
