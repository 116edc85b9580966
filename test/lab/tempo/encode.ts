/** The lab's model as Tempo answers it: protobuf (`tempopb.Trace`) and proto JSON (base64 ids, enum names, no zero values). */
import { ProtobufWriter } from "../../../src/contract/contextcore.ts";
import {
  type AnyValue,
  type Attribute,
  type Attributed,
  type Event,
  fromHex,
  KINDS,
  type Link,
  type Scope,
  type Span,
  STATUSES,
  type Trace,
} from "./model.ts";

/** `tempopb.Trace{1 resourceSpans}`: the same bytes as OTLP's TracesData. */
export function toProtobuf(trace: Trace): Uint8Array {
  const writer = new ProtobufWriter(4096);
  for (const { resource, scopeSpans } of trace) {
    writer.message(1, (one) => {
      one.message(1, (inner) => writeAttributed(inner, resource, 1, 2));
      for (const { scope, spans } of scopeSpans) {
        one.message(2, (part) => {
          part.message(1, (inner) => writeScope(inner, scope));
          for (const span of spans) part.message(2, (inner) => writeSpan(inner, span));
        });
      }
    });
  }
  return writer.finish().slice();
}

function writeAttributed(writer: ProtobufWriter, one: Attributed, field: number, dropped: number): void {
  for (const attribute of one.attributes) writer.message(field, (inner) => writeAttribute(inner, attribute));
  if (one.droppedAttributes > 0) writer.varint(dropped, one.droppedAttributes);
}

/** A key and its value. */
export function writeAttribute(writer: ProtobufWriter, { key, value }: Attribute): void {
  if (key !== "") writer.string(1, key);
  writer.message(2, (inner) => writeValue(inner, value));
}

function writeValue(writer: ProtobufWriter, value: AnyValue): void {
  if (value.kind === "string") writer.string(1, value.value);
  else if (value.kind === "bool") writer.varint(2, value.value ? 1 : 0);
  else if (value.kind === "int") writer.varint(3, value.value);
  else if (value.kind === "double") writer.double(4, value.value);
  else if (value.kind === "bytes") writer.blob(7, value.value);
  else if (value.kind === "array") {
    writer.message(5, (inner) => {
      for (const item of value.value) inner.message(1, (one) => writeValue(one, item));
    });
  } else if (value.kind === "kvlist") {
    writer.message(6, (inner) => {
      for (const item of value.value) inner.message(1, (one) => writeAttribute(one, item));
    });
  }
}

function writeScope(writer: ProtobufWriter, scope: Scope): void {
  if (scope.name !== "") writer.string(1, scope.name);
  if (scope.version !== "") writer.string(2, scope.version);
  writeAttributed(writer, scope, 3, 4);
}

function writeSpan(writer: ProtobufWriter, span: Span): void {
  writer.blob(1, fromHex(span.traceId)).blob(2, fromHex(span.spanId));
  if (span.traceState !== "") writer.string(3, span.traceState);
  if (span.parentSpanId !== "") writer.blob(4, fromHex(span.parentSpanId));
  if (span.name !== "") writer.string(5, span.name);
  if (span.kind !== 0) writer.varint(6, span.kind);
  if (span.start !== 0n) writer.fixed64(7, span.start);
  if (span.end !== 0n) writer.fixed64(8, span.end);
  writeAttributed(writer, span, 9, 10);
  for (const event of span.events) writer.message(11, (inner) => writeEvent(inner, event));
  if (span.droppedEvents > 0) writer.varint(12, span.droppedEvents);
  for (const link of span.links) writer.message(13, (inner) => writeLink(inner, link));
  if (span.droppedLinks > 0) writer.varint(14, span.droppedLinks);
  writer.message(15, (inner) => {
    if (span.status.message !== "") inner.string(2, span.status.message);
    if (span.status.code !== 0) inner.varint(3, span.status.code);
  });
}

function writeEvent(writer: ProtobufWriter, event: Event): void {
  if (event.time !== 0n) writer.fixed64(1, event.time);
  if (event.name !== "") writer.string(2, event.name);
  writeAttributed(writer, event, 3, 4);
}

function writeLink(writer: ProtobufWriter, link: Link): void {
  writer.blob(1, fromHex(link.traceId)).blob(2, fromHex(link.spanId));
  if (link.traceState !== "") writer.string(3, link.traceState);
  writeAttributed(writer, link, 4, 5);
}

/** The resource spans as proto JSON. */
export const toProtoJson = (trace: Trace): object[] =>
  trace.map(({ resource, scopeSpans }) => ({
    resource: attributesJson(resource),
    scopeSpans: scopeSpans.map(({ scope, spans }) => ({
      scope: { ...filled({ name: scope.name, version: scope.version }), ...attributesJson(scope) },
      spans: spans.map(spanJson),
    })),
  }));

/** Without empty strings, zeros and empty lists, as proto JSON leaves them out. */
function filled(one: Record<string, unknown>): Record<string, unknown> {
  const empty = (value: unknown): boolean =>
    value === "" || value === 0 || value === undefined || (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(one).filter(([, value]) => !empty(value)));
}

const base64 = (hex: string): string => Buffer.from(hex, "hex").toString("base64");
const time = (ns: bigint): string => (ns === 0n ? "" : ns.toString());

const attributesJson = (one: Attributed): Record<string, unknown> =>
  filled({ attributes: one.attributes.map(attributeJson), droppedAttributesCount: one.droppedAttributes });

export const attributeJson = ({ key, value }: Attribute): object => ({
  ...filled({ key }),
  value: valueJson(value),
});

function valueJson(value: AnyValue): object {
  if (value.kind === "none") return {};
  if (value.kind === "int") return { intValue: value.value.toString() };
  if (value.kind === "double") return { doubleValue: doubleJson(value.value) };
  if (value.kind === "bytes") return { bytesValue: Buffer.from(value.value).toString("base64") };
  if (value.kind === "array") return { arrayValue: filled({ values: value.value.map(valueJson) }) };
  if (value.kind === "kvlist") return { kvlistValue: filled({ values: value.value.map(attributeJson) }) };
  return { [`${value.kind}Value`]: value.value };
}

const doubleJson = (value: number): unknown =>
  Number.isFinite(value) && !Object.is(value, -0) ? value : Object.is(value, -0) ? "-0" : String(value);

function spanJson(span: Span): object {
  return filled({
    traceId: base64(span.traceId),
    spanId: base64(span.spanId),
    traceState: span.traceState,
    parentSpanId: base64(span.parentSpanId),
    name: span.name,
    kind: span.kind === 0 ? "" : `SPAN_KIND_${KINDS[span.kind]?.toUpperCase()}`,
    startTimeUnixNano: time(span.start),
    endTimeUnixNano: time(span.end),
    ...attributesJson(span),
    events: span.events.map((event) => ({
      ...filled({ timeUnixNano: time(event.time), name: event.name }),
      ...attributesJson(event),
    })),
    droppedEventsCount: span.droppedEvents,
    links: span.links.map((link) => ({
      ...filled({ traceId: base64(link.traceId), spanId: base64(link.spanId), traceState: link.traceState }),
      ...attributesJson(link),
    })),
    droppedLinksCount: span.droppedLinks,
    status: filled({
      message: span.status.message,
      code: span.status.code === 0 ? "" : `STATUS_CODE_${STATUSES[span.status.code]?.toUpperCase()}`,
    }),
  });
}
