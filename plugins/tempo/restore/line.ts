/** A line of `traces.json` as it is pushed: its id, its spans, and its text. */
import { checkShape, openObject, PluginError, type Range, v } from "contextcore";
import { anchorOf } from "../export/owner.ts";

/** A trace as it is pushed and then read back to be compared. */
export interface TraceLine {
  /** The line as it stands in the snapshot. */
  readonly line: string;
  /** 32 hex digits. */
  readonly id: string;
  /** The members of its `resourceSpans`, joined by commas. */
  readonly inner: string;
  /** How many different spans it has. */
  readonly spans: number;
}

const attributes = v.array(openObject({ key: v.string() }));
const span = openObject({
  traceId: v.string(),
  spanId: v.string(),
  kind: v.optional(v.number(), 0),
  startTimeUnixNano: v.optional(v.string(), "0"),
  endTimeUnixNano: v.optional(v.string(), "0"),
});
const document = openObject({
  resourceSpans: v.array(
    openObject({
      resource: v.optional(openObject({ attributes: v.optional(attributes) }), {}),
      scopeSpans: v.array(openObject({ scope: v.optional(v.unknown()), spans: v.array(span) })),
    }),
  ),
});
type Document = v.InferOutput<typeof document>;

/**
 * Reads a line, with labels as further attributes of every resource. `undefined`: none of its spans is in the range.
 * @throws PluginError `invalid` when it is not a trace in OTLP/JSON
 */
export function readLine(
  line: string,
  { range, labels }: { readonly range?: Range; readonly labels: Readonly<Record<string, string>> },
): TraceLine | undefined {
  const { resourceSpans } = readDocument(line);
  const all = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  const id = all[0]?.traceId.toLowerCase();
  if (id === undefined) throw new PluginError("invalid", "a line of traces.json has no span");
  const times = all.map((one) => ({ from: BigInt(one.startTimeUnixNano), to: BigInt(one.endTimeUnixNano) }));
  if (range !== undefined && anchorOf(times.map(ordered), range) === undefined) return undefined;
  const labelled = Object.keys(labels).length > 0;
  const shown = labelled ? resourceSpans.map((one) => withLabels(one, labels)) : resourceSpans;
  return {
    line,
    id,
    inner: labelled ? inside(JSON.stringify(shown)) : innerOf(line, shown),
    spans: new Set(all.map(keyOf)).size,
  };
}

/** How far what a server keeps is what was pushed. `altered`: every span is there, but not as it was pushed. */
export type State = "whole" | "altered" | "missing";

/** Compares a trace with its line as an export would write it from the server. Spans are looked at only where the texts differ. */
export function stateOf({ inner }: TraceLine, stored: string): State {
  const text = lineOf(inner);
  if (stored === text) return "whole";
  const kept = spansOf(stored);
  let state: State = "whole";
  for (const [key, span] of spansOf(text)) {
    if (!kept.has(key)) return "missing";
    if (kept.get(key) !== span) state = "altered";
  }
  return state;
}

const readDocument = (line: string): Document => checkShape("a line of traces.json", document, jsonOf(line));

function jsonOf(line: string): unknown {
  try {
    return MAY_HAVE_MINUS_ZERO.test(line) ? JSON.parse(line, keepMinusZero) : JSON.parse(line);
  } catch (cause) {
    throw new PluginError("invalid", "a line of traces.json is not JSON", { cause });
  }
}

/**
 * `JSON.stringify` would lose the sign; proto JSON takes a number as a string too. Looking at every value makes the parser ten
 * times slower, so it is done only where a number begins with `-0` or is so small that it may become it.
 */
const MAY_HAVE_MINUS_ZERO = /[[:,]\s*-(?:0|[\d.]+[eE]-)/;
const keepMinusZero = (_: string, value: unknown): unknown => (Object.is(value, -0) ? "-0" : value);

const ordered = ({ from, to }: Range): Range => ({ from, to: to > from ? to : from });

const PREFIX = '{"resourceSpans":[';
const lineOf = (inner: string): string => `${PREFIX}${inner}]}\n`;

/** The members' text, taken from the line itself where it has the form that an export writes. */
function innerOf(line: string, resourceSpans: Document["resourceSpans"]): string {
  const text = line.trimEnd();
  if (text.startsWith(PREFIX) && text.endsWith("]}")) return text.slice(PREFIX.length, -2);
  return inside(JSON.stringify(resourceSpans));
}

const inside = (list: string): string => list.slice(1, -1);

function withLabels(
  one: Document["resourceSpans"][number],
  labels: Readonly<Record<string, string>>,
): Document["resourceSpans"][number] {
  const own = (one.resource.attributes ?? []).filter(({ key }) => !Object.hasOwn(labels, key));
  const added = Object.entries(labels).map(([key, stringValue]) => ({ key, value: { stringValue } }));
  const byKey = (a: { key: string }, b: { key: string }): number =>
    Buffer.compare(Buffer.from(a.key), Buffer.from(b.key));
  return { ...one, resource: { ...one.resource, attributes: [...own, ...added].sort(byKey) } };
}

const keyOf = ({ spanId, kind }: v.InferOutput<typeof span>): string => `${spanId}/${kind}`;

/** Every span with its resource and scope, by id and kind. */
function spansOf(line: string): Map<string, string> {
  const spans = new Map<string, string>();
  for (const { resource, scopeSpans } of readDocument(line).resourceSpans) {
    for (const { scope, spans: list } of scopeSpans) {
      for (const one of list) spans.set(keyOf(one), JSON.stringify([resource, scope ?? {}, one]));
    }
  }
  return spans;
}
