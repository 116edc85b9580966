/** OTLP, as it is pushed, into the lab's model: JSON (hex ids, enums as numbers or names) and protobuf. */
import { ProtobufReader } from "../../../src/contract/contextcore.ts";
import {
  type AnyValue,
  type Attribute,
  type Attributed,
  type Event,
  type Link,
  type ResourceSpans,
  type Scope,
  type ScopeSpans,
  type Span,
  type Trace,
  toHex,
} from "./model.ts";

type Fields = Readonly<Record<string, unknown>>;

const fields = (value: unknown): Fields => (value !== null && typeof value === "object" ? { ...value } : {});
const list = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fields) : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const count = (value: unknown): number => Number(value ?? 0);
const wide = (value: unknown): bigint =>
  typeof value === "string" || typeof value === "number" ? BigInt(value) : 0n;

function enumeration(value: unknown, names: readonly string[]): number {
  if (typeof value === "string" && !/^\d+$/.test(value)) return Math.max(0, names.indexOf(value));
  return count(value);
}

const KIND_NAMES = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"].map(
  (name) => `SPAN_KIND_${name}`,
);
const STATUS_NAMES = ["UNSET", "OK", "ERROR"].map((name) => `STATUS_CODE_${name}`);

/** The resource spans of an OTLP/JSON document; ids are taken as they are (see `otlp.ts` for their check). */
export function fromOtlpJson(document: unknown): Trace {
  return list(fields(document).resourceSpans).map((one) => ({
    resource: attributed(fields(one.resource)),
    scopeSpans: list(one.scopeSpans).map((part) => ({
      scope: scopeFromJson(fields(part.scope)),
      spans: list(part.spans).map(spanFromJson),
    })),
  }));
}

const attributed = (one: Fields): Attributed => ({
  attributes: list(one.attributes).map(({ key, value }) => ({ key: text(key), value: valueFromJson(value) })),
  droppedAttributes: count(one.droppedAttributesCount),
});

const scopeFromJson = (one: Fields): Scope => ({
  ...attributed(one),
  name: text(one.name),
  version: text(one.version),
});

function spanFromJson(one: Fields): Span {
  const status = fields(one.status);
  return {
    ...attributed(one),
    traceId: text(one.traceId).toLowerCase(),
    spanId: text(one.spanId).toLowerCase(),
    parentSpanId: text(one.parentSpanId).toLowerCase(),
    traceState: text(one.traceState),
    name: text(one.name),
    kind: enumeration(one.kind, KIND_NAMES),
    start: wide(one.startTimeUnixNano),
    end: wide(one.endTimeUnixNano),
    events: list(one.events).map((event) => ({
      ...attributed(event),
      time: wide(event.timeUnixNano),
      name: text(event.name),
    })),
    droppedEvents: count(one.droppedEventsCount),
    links: list(one.links).map((link) => ({
      ...attributed(link),
      traceId: text(link.traceId).toLowerCase(),
      spanId: text(link.spanId).toLowerCase(),
      traceState: text(link.traceState),
    })),
    droppedLinks: count(one.droppedLinksCount),
    status: { code: enumeration(status.code, STATUS_NAMES), message: text(status.message) },
  };
}

function valueFromJson(value: unknown): AnyValue {
  const one = fields(value);
  if ("stringValue" in one) return { kind: "string", value: text(one.stringValue) };
  if ("boolValue" in one) return { kind: "bool", value: one.boolValue === true };
  if ("intValue" in one) return { kind: "int", value: wide(one.intValue) };
  if ("doubleValue" in one) return { kind: "double", value: Number(one.doubleValue) };
  if ("bytesValue" in one) return { kind: "bytes", value: Buffer.from(text(one.bytesValue), "base64") };
  if ("arrayValue" in one)
    return { kind: "array", value: list(fields(one.arrayValue).values).map(valueFromJson) };
  if ("kvlistValue" in one) {
    const { attributes } = attributed({ attributes: fields(one.kvlistValue).values });
    return { kind: "kvlist", value: attributes };
  }
  return { kind: "none" };
}

/** The resource spans of an ExportTraceServiceRequest, which has the shape of TracesData. */
export function fromOtlpProtobuf(bytes: Uint8Array): Trace {
  const found: ResourceSpans[] = [];
  each(new ProtobufReader(bytes), {
    1: (reader) => {
      let resource: Attributed = { attributes: [], droppedAttributes: 0 };
      const scopeSpans: ScopeSpans[] = [];
      each(reader.message(), {
        1: (inner) => {
          resource = readAttributed(inner.message(), 1, 2);
        },
        2: (inner) => scopeSpans.push(readScopeSpans(inner.message())),
      });
      found.push({ resource, scopeSpans });
    },
  });
  return found;
}

type Handlers = Readonly<Record<number, (reader: ProtobufReader) => unknown>>;

function each(reader: ProtobufReader, handlers: Handlers): void {
  while (reader.next()) {
    const handle = handlers[reader.field];
    if (handle === undefined) reader.skip();
    else handle(reader);
  }
}

function readAttributed(
  reader: ProtobufReader,
  attribute: number,
  dropped: number,
  more: Handlers = {},
): Attributed {
  const attributes: Attribute[] = [];
  let droppedAttributes = 0;
  each(reader, {
    [attribute]: (inner) => attributes.push(readAttribute(inner.message())),
    [dropped]: (inner) => {
      droppedAttributes = inner.uint32();
    },
    ...more,
  });
  return { attributes, droppedAttributes };
}

function readAttribute(reader: ProtobufReader): Attribute {
  let key = "";
  let value: AnyValue = { kind: "none" };
  each(reader, {
    1: (inner) => {
      key = inner.string();
    },
    2: (inner) => {
      value = readValue(inner.message());
    },
  });
  return { key, value };
}

function readValue(reader: ProtobufReader): AnyValue {
  let value: AnyValue = { kind: "none" };
  const set = (next: AnyValue): void => {
    value = next;
  };
  each(reader, {
    1: (inner) => set({ kind: "string", value: inner.string() }),
    2: (inner) => set({ kind: "bool", value: inner.bool() }),
    3: (inner) => set({ kind: "int", value: inner.int64() }),
    4: (inner) => set({ kind: "double", value: inner.double() }),
    5: (inner) => {
      const values: AnyValue[] = [];
      each(inner.message(), { 1: (item) => values.push(readValue(item.message())) });
      set({ kind: "array", value: values });
    },
    6: (inner) => set({ kind: "kvlist", value: readAttributed(inner.message(), 1, 0).attributes }),
    7: (inner) => set({ kind: "bytes", value: inner.slice().slice() }),
  });
  return value;
}

function readScopeSpans(reader: ProtobufReader): ScopeSpans {
  let scope: Scope = { name: "", version: "", attributes: [], droppedAttributes: 0 };
  const spans: Span[] = [];
  each(reader, {
    1: (inner) => {
      const names = ["", ""];
      const rest = readAttributed(inner.message(), 3, 4, {
        1: (name) => (names[0] = name.string()),
        2: (version) => (names[1] = version.string()),
      });
      scope = { ...rest, name: names[0] ?? "", version: names[1] ?? "" };
    },
    2: (inner) => spans.push(readSpan(inner.message())),
  });
  return { scope, spans };
}

function readSpan(reader: ProtobufReader): Span {
  const ids = { traceId: "", spanId: "", parentSpanId: "", traceState: "", name: "" };
  const numbers = { kind: 0, start: 0n, end: 0n, droppedEvents: 0, droppedLinks: 0 };
  const events: Event[] = [];
  const links: Link[] = [];
  let status = { code: 0, message: "" };
  const rest = readAttributed(reader, 9, 10, {
    1: (inner) => (ids.traceId = toHex(inner.slice())),
    2: (inner) => (ids.spanId = toHex(inner.slice())),
    3: (inner) => (ids.traceState = inner.string()),
    4: (inner) => (ids.parentSpanId = toHex(inner.slice())),
    5: (inner) => (ids.name = inner.string()),
    6: (inner) => (numbers.kind = inner.uint32()),
    7: (inner) => (numbers.start = inner.fixed64()),
    8: (inner) => (numbers.end = inner.fixed64()),
    11: (inner) => events.push(readEvent(inner.message())),
    12: (inner) => (numbers.droppedEvents = inner.uint32()),
    13: (inner) => links.push(readLink(inner.message())),
    14: (inner) => (numbers.droppedLinks = inner.uint32()),
    15: (inner) => (status = readStatus(inner.message())),
  });
  return { ...rest, ...ids, ...numbers, events, links, status };
}

function readEvent(reader: ProtobufReader): Event {
  let time = 0n;
  let name = "";
  const rest = readAttributed(reader, 3, 4, {
    1: (inner) => (time = inner.fixed64()),
    2: (inner) => (name = inner.string()),
  });
  return { ...rest, time, name };
}

function readLink(reader: ProtobufReader): Link {
  const ids = { traceId: "", spanId: "", traceState: "" };
  const rest = readAttributed(reader, 4, 5, {
    1: (inner) => (ids.traceId = toHex(inner.slice())),
    2: (inner) => (ids.spanId = toHex(inner.slice())),
    3: (inner) => (ids.traceState = inner.string()),
  });
  return { ...rest, ...ids };
}

function readStatus(reader: ProtobufReader): { code: number; message: string } {
  const status = { code: 0, message: "" };
  each(reader, {
    2: (inner) => (status.message = inner.string()),
    3: (inner) => (status.code = inner.uint32()),
  });
  return status;
}
