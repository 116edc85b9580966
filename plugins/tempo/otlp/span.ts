/**
 * One span as OTLP/JSON: ids in hex, 64-bit integers as strings, enums as numbers, fields in the order of the proto, zero values
 * left out; events in the order of their times, links in that of their ids. Sources: opentelemetry-proto
 * `trace/v1/trace.proto`; OTLP specification, "JSON Protobuf Encoding".
 */
import { anotherPair, type Pair, writeAttributes } from "./attributes.ts";
import { close, writeId, writeNumber, writeSortedList, writeString, writeTime } from "./fields.ts";
import type { TextBuffer } from "./text-buffer.ts";
import type { Place, Wire } from "./wire.ts";

/** The fields of a span, an event or a link: where they stand, or the small numbers themselves. 0: absent. */
interface Found {
  traceId?: Place;
  spanId?: Place;
  parentSpanId?: Place;
  traceState?: Place;
  name?: Place;
  status?: Place;
  attributes?: Pair[];
  events?: Place[];
  links?: Place[];
  from: number;
  to: number;
  kind: number;
  flags: number;
  droppedAttributes: number;
  droppedEvents: number;
  droppedLinks: number;
}

const nothing = (): Found => ({
  from: 0,
  to: 0,
  kind: 0,
  flags: 0,
  droppedAttributes: 0,
  droppedEvents: 0,
  droppedLinks: 0,
});

/** Writes one span as OTLP/JSON. @param place where its message stands */
export function writeSpan(wire: Wire, place: Place, out: TextBuffer): void {
  const found = find(wire, place);
  out.literal("{");
  writeIds(wire, found, out);
  writeNumber("flags", found.flags, out);
  writeString("name", wire, found.name, out);
  writeNumber("kind", found.kind, out);
  writeTime("startTimeUnixNano", wire, found.from, out);
  writeTime("endTimeUnixNano", wire, found.to, out);
  writeAttributes(wire, found.attributes, out);
  writeNumber("droppedAttributesCount", found.droppedAttributes, out);
  writeSortedList("events", wire, found.events, writeEvent, out);
  writeNumber("droppedEventsCount", found.droppedEvents, out);
  writeSortedList("links", wire, found.links, writeLink, out);
  writeNumber("droppedLinksCount", found.droppedLinks, out);
  if (found.status !== undefined) writeStatus(wire, found.status, out);
  close(out);
}

function find(wire: Wire, { start, end }: Place): Found {
  const found = nothing();
  wire.position = start;
  for (let tag = wire.tag(end); tag !== 0; tag = wire.tag(end)) {
    if (tag === 0x0a) found.traceId = wire.place(end);
    else if (tag === 0x12) found.spanId = wire.place(end);
    else if (tag === 0x1a) found.traceState = wire.place(end);
    else if (tag === 0x22) found.parentSpanId = wire.place(end);
    else if (tag === 0x2a) found.name = wire.place(end);
    else if (tag === 0x30) found.kind = wire.small();
    else if (tag === 0x39) found.from = time(wire);
    else if (tag === 0x41) found.to = time(wire);
    else if (tag === 0x4a) found.attributes = anotherPair(wire, found.attributes, end);
    else if (tag === 0x50) found.droppedAttributes = wire.small();
    else if (tag === 0x5a) found.events = wire.another(found.events, end);
    else if (tag === 0x60) found.droppedEvents = wire.small();
    else if (tag === 0x6a) found.links = wire.another(found.links, end);
    else if (tag === 0x70) found.droppedLinks = wire.small();
    else if (tag === 0x7a) found.status = wire.place(end);
    else if (tag === 0x85) found.flags = wire.fixed32();
    else wire.skip(tag, end);
  }
  return found;
}

/** The position of eight bytes, passed over. */
function time(wire: Wire): number {
  wire.position += 8;
  return wire.position - 8;
}

function writeEvent(wire: Wire, { start, end }: Place, out: TextBuffer): void {
  const found = nothing();
  wire.position = start;
  for (let tag = wire.tag(end); tag !== 0; tag = wire.tag(end)) {
    if (tag === 0x09) found.from = time(wire);
    else if (tag === 0x12) found.name = wire.place(end);
    else if (tag === 0x1a) found.attributes = anotherPair(wire, found.attributes, end);
    else if (tag === 0x20) found.droppedAttributes = wire.small();
    else wire.skip(tag, end);
  }
  out.literal("{");
  writeTime("timeUnixNano", wire, found.from, out);
  writeString("name", wire, found.name, out);
  writeAttributes(wire, found.attributes, out);
  writeNumber("droppedAttributesCount", found.droppedAttributes, out);
  close(out);
}

function writeLink(wire: Wire, { start, end }: Place, out: TextBuffer): void {
  const found = nothing();
  wire.position = start;
  for (let tag = wire.tag(end); tag !== 0; tag = wire.tag(end)) {
    if (tag === 0x0a) found.traceId = wire.place(end);
    else if (tag === 0x12) found.spanId = wire.place(end);
    else if (tag === 0x1a) found.traceState = wire.place(end);
    else if (tag === 0x22) found.attributes = anotherPair(wire, found.attributes, end);
    else if (tag === 0x28) found.droppedAttributes = wire.small();
    else if (tag === 0x35) found.flags = wire.fixed32();
    else wire.skip(tag, end);
  }
  out.literal("{");
  writeIds(wire, found, out);
  writeAttributes(wire, found.attributes, out);
  writeNumber("droppedAttributesCount", found.droppedAttributes, out);
  writeNumber("flags", found.flags, out);
  close(out);
}

function writeIds(wire: Wire, found: Found, out: TextBuffer): void {
  writeId("traceId", wire, found.traceId, 16, out);
  writeId("spanId", wire, found.spanId, 8, out);
  writeString("traceState", wire, found.traceState, out);
  writeId("parentSpanId", wire, found.parentSpanId, 8, out);
}

/** Left out when it is empty, since some servers send an empty one. */
function writeStatus(wire: Wire, { start, end }: Place, out: TextBuffer): void {
  let message: Place | undefined;
  let code = 0;
  wire.position = start;
  for (let tag = wire.tag(end); tag !== 0; tag = wire.tag(end)) {
    if (tag === 0x12) message = wire.place(end);
    else if (tag === 0x18) code = wire.small();
    else wire.skip(tag, end);
  }
  if (code === 0 && (message === undefined || message.start === message.end)) return;
  out.literal('"status":{');
  writeString("message", wire, message, out);
  writeNumber("code", code, out);
  close(out);
  out.comma();
}
