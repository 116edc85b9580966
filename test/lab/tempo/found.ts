/** What a search says of a trace: as JSON and as protobuf, and how Tempo joins what it finds of one trace in several places. */
import { ProtobufWriter } from "../../../src/contract/contextcore.ts";
import { attributeJson, writeAttribute } from "./encode.ts";
import type { Literal } from "./fields.ts";
import type { AnyValue, Attribute } from "./model.ts";
import type { StoredTrace } from "./store.ts";
import type { Query, SpotSet } from "./traceql.ts";

/** A row that matches: one trace, or a piece of it. */
export interface Hit {
  readonly trace: StoredTrace;
  readonly sets: readonly SpotSet[];
}

interface FoundSet {
  readonly spans: readonly {
    readonly spanID: string;
    readonly startTimeUnixNano: string;
    readonly durationNanos: string;
    readonly attributes?: readonly Attribute[];
  }[];
  readonly matched: number;
  readonly attributes?: readonly Attribute[];
}

export interface Found {
  readonly traceID: string;
  readonly rootServiceName: string;
  readonly rootTraceName: string;
  readonly startTimeUnixNano: bigint;
  readonly durationMs: number;
  readonly spanSets: readonly FoundSet[];
  readonly serviceStats: StoredTrace["services"];
}

/** @param spansShown of each set, at most; 0: all */
export function describe({ trace, sets }: Hit, query: Query, spansShown: number): Found {
  return {
    traceID: trace.id.replace(/^0+/, ""),
    rootServiceName: trace.rootService || "<root span not yet received>",
    rootTraceName: trace.rootName,
    startTimeUnixNano: trace.start,
    durationMs: Number((trace.end - trace.start) / 1_000_000n),
    spanSets: sets.map((set) => foundSet(set, query, spansShown)),
    serviceStats: trace.services,
  };
}

function foundSet({ spots, attributes }: SpotSet, { shown }: Query, spansShown: number): FoundSet {
  const common = attributes.flatMap(({ key, value }) => named(key, value));
  const spans = spots.slice(0, spansShown === 0 ? spots.length : spansShown).map((spot) => {
    const own = shown.flatMap(({ name, field }) => named(name, field(spot)));
    return {
      spanID: spot.span.spanId,
      startTimeUnixNano: String(spot.span.start),
      durationNanos: String(spot.span.end - spot.span.start),
      ...(own.length === 0 ? {} : { attributes: own }),
    };
  });
  return { spans, matched: spots.length, ...(common.length === 0 ? {} : { attributes: common }) };
}

function named(key: string, value: Literal): Attribute[] {
  const content = anyValue(value);
  return content === undefined ? [] : [{ key, value: content }];
}

function anyValue(value: Literal): AnyValue | undefined {
  if (typeof value === "string") return { kind: "string", value };
  if (typeof value === "bigint") return { kind: "int", value };
  if (typeof value === "number") return { kind: "double", value };
  return typeof value === "boolean" ? { kind: "bool", value } : undefined;
}

/**
 * Of spans in several places the largest number counts, and of sets with equal values of `by(…)`, or none, only the largest is
 * kept; the others stand side by side.
 */
export function joined(one: Found, other: Found): Found {
  const sets = new Map(one.spanSets.map((set) => [identity(set), set]));
  for (const set of other.spanSets) {
    const known = sets.get(identity(set));
    if (known === undefined || known.matched < set.matched) sets.set(identity(set), set);
  }
  const services = { ...one.serviceStats };
  for (const [name, { spanCount, errorCount }] of Object.entries(other.serviceStats)) {
    const known = services[name] ?? { spanCount: 0, errorCount: 0 };
    services[name] = {
      spanCount: Math.max(known.spanCount, spanCount),
      errorCount: Math.max(known.errorCount, errorCount),
    };
  }
  return {
    ...one,
    startTimeUnixNano:
      one.startTimeUnixNano < other.startTimeUnixNano ? one.startTimeUnixNano : other.startTimeUnixNano,
    durationMs: Math.max(one.durationMs, other.durationMs),
    spanSets: [...sets.values()],
    serviceStats: services,
  };
}

const identity = ({ attributes = [] }: FoundSet): string =>
  JSON.stringify(
    attributes.filter(({ key }) => key.startsWith("by")),
    (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value),
  );

/** As JSON: zero values are left out. */
export function toJson({ rootTraceName, durationMs, spanSets, serviceStats, ...found }: Found): object {
  const sets = spanSets.map(({ spans, attributes, ...set }) => ({
    spans: spans.map(({ attributes: own, ...span }) => ({ ...span, ...attributesJson(own) })),
    ...set,
    ...attributesJson(attributes),
  }));
  return {
    ...found,
    ...(rootTraceName === "" ? {} : { rootTraceName }),
    startTimeUnixNano: String(found.startTimeUnixNano),
    ...(durationMs === 0 ? {} : { durationMs }),
    spanSet: sets[0],
    spanSets: sets,
    serviceStats: Object.fromEntries(
      Object.entries(serviceStats).map(([name, { spanCount, errorCount }]) => [
        name,
        { spanCount, ...(errorCount === 0 ? {} : { errorCount }) },
      ]),
    ),
  };
}

const attributesJson = (attributes: readonly Attribute[] | undefined): object =>
  attributes === undefined ? {} : { attributes: attributes.map(attributeJson) };

/** `SearchResponse`, without statistics. */
export function toProtobuf(traces: readonly Found[]): Uint8Array<ArrayBuffer> {
  const writer = new ProtobufWriter(1 << 16);
  for (const found of traces) {
    writer.message(1, (one) => {
      one.string(1, found.traceID).string(2, found.rootServiceName).string(3, found.rootTraceName);
      one.varint(4, found.startTimeUnixNano).varint(5, found.durationMs);
      for (const set of found.spanSets) one.message(7, (inner) => writeSet(inner, set));
      for (const [name, { spanCount, errorCount }] of Object.entries(found.serviceStats)) {
        one.message(8, (entry) => {
          entry.string(1, name);
          entry.message(2, (stats) => void stats.varint(1, spanCount).varint(2, errorCount));
        });
      }
    });
  }
  return writer.finish().slice();
}

function writeSet(writer: ProtobufWriter, { spans, matched, attributes = [] }: FoundSet): void {
  for (const span of spans) {
    writer.message(1, (one) => {
      one.string(1, span.spanID).varint(3, BigInt(span.startTimeUnixNano));
      one.varint(4, BigInt(span.durationNanos));
      for (const attribute of span.attributes ?? []) one.message(5, (own) => writeAttribute(own, attribute));
    });
  }
  writer.varint(2, matched);
  for (const attribute of attributes) writer.message(3, (own) => writeAttribute(own, attribute));
}
