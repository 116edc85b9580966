import { writeItems } from "./fields.ts";
import type { TextBuffer } from "./text-buffer.ts";
import type { Place, Wire } from "./wire.ts";

/**
 * `"attributes":[…],` from KeyValue messages, ordered by key, because a server keeps attributes in no certain order
 * (OTLP: a set of unique keys) and the same trace must always give the same line. Nothing when there are none.
 */
export function writeAttributes(wire: Wire, places: readonly Place[] | undefined, out: TextBuffer): void {
  if (places === undefined) return;
  out.literal('"attributes":[');
  writeItems(wire, orderedByKey(wire, places), writeKeyValue, out);
  out.literal("],");
}

const NOTHING: Place = { start: 0, end: 0 };

function writeKeyValue(wire: Wire, { start, end }: Place, out: TextBuffer): void {
  let [key, value] = [NOTHING, NOTHING];
  wire.position = start;
  for (let tag = wire.tag(end); tag !== 0; tag = wire.tag(end)) {
    if (tag === 0x0a) key = wire.place(end);
    else if (tag === 0x12) value = wire.place(end);
    else wire.skip(tag, end);
  }
  out.literal('{"key":');
  out.string(wire.bytes, key);
  out.literal(',"value":');
  writeAnyValue(wire, value, out);
  out.literal("}");
}

/** AnyValue: one of seven kinds, or none of them. */
function writeAnyValue(wire: Wire, { start, end }: Place, out: TextBuffer): void {
  wire.position = start;
  const tag = wire.tag(end);
  out.literal("{");
  if (tag === 0x10) {
    out.literal(wire.small() === 0 ? '"boolValue":false' : '"boolValue":true');
  } else if (tag === 0x18) {
    wire.varint();
    out.literal('"intValue":');
    out.signed(wire.high, wire.low);
  } else if (tag === 0x21) {
    out.literal('"doubleValue":');
    out.double(wire.double());
  } else if ((tag & 7) === 2) {
    writeLongValue(tag, wire, wire.place(end), out);
  }
  out.literal("}");
}

function writeLongValue(tag: number, wire: Wire, place: Place, out: TextBuffer): void {
  if (tag === 0x0a) {
    out.literal('"stringValue":');
    out.string(wire.bytes, place);
  } else if (tag === 0x3a) {
    out.literal('"bytesValue":');
    out.base64(wire.bytes.subarray(place.start, place.end));
  } else if (tag === 0x2a) {
    out.literal('"arrayValue":{"values":[');
    writeItems(wire, repeated(wire, place), writeAnyValue, out);
    out.literal("]}");
  } else if (tag === 0x32) {
    out.literal('"kvlistValue":{"values":[');
    writeItems(wire, repeated(wire, place), writeKeyValue, out);
    out.literal("]}");
  }
}

/** The places of field 1. */
function repeated(wire: Wire, { start, end }: Place): Place[] {
  const places: Place[] = [];
  wire.position = start;
  for (let tag = wire.tag(end); tag !== 0; tag = wire.tag(end)) {
    if (tag === 0x0a) places.push(wire.place(end));
    else wire.skip(tag, end);
  }
  return places;
}

/** Stable, so that a key that stands twice keeps its order. */
function orderedByKey(wire: Wire, places: readonly Place[]): readonly Place[] {
  const keyed = places.map((place) => ({ ...place, key: keyOf(wire, place) }));
  const compare = (a: { key: Place }, b: { key: Place }): number => compareBytes(wire.bytes, a.key, b.key);
  return keyed.sort(compare);
}

function keyOf(wire: Wire, { start, end }: Place): Place {
  wire.position = start;
  for (let tag = wire.tag(end); tag !== 0; tag = wire.tag(end)) {
    if (tag === 0x0a) return wire.place(end);
    wire.skip(tag, end);
  }
  return NOTHING;
}

function compareBytes(bytes: Uint8Array, a: Place, b: Place): number {
  const [lengthA, lengthB] = [a.end - a.start, b.end - b.start];
  for (let index = 0; index < lengthA && index < lengthB; index++) {
    const difference = (bytes[a.start + index] ?? 0) - (bytes[b.start + index] ?? 0);
    if (difference !== 0) return difference;
  }
  return lengthA - lengthB;
}
