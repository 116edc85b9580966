import { writeItems } from "./fields.ts";
import type { TextBuffer } from "./text-buffer.ts";
import type { Place, Wire } from "./wire.ts";

/**
 * `"attributes":[…],` from KeyValue messages, ordered by key, because servers keep attributes in no particular order
 * (OTLP: a set of unique keys) and the same trace must always give the same line. Left out when there are none.
 */
export function writeAttributes(wire: Wire, pairs: Pair[] | undefined, out: TextBuffer): void {
  if (pairs === undefined) return;
  out.literal('"attributes":[');
  writeItems(wire, inOrderOfKeys(wire.bytes, pairs), writePair, out);
  out.literal("],");
}

/** A KeyValue: the place of its value, and where its key stands. */
export interface Pair extends Place {
  readonly keyStart: number;
  readonly keyEnd: number;
}

/** Adds the KeyValue of this field to the others and moves past it. @throws RangeError when it extends beyond the message */
export function anotherPair(wire: Wire, pairs: Pair[] | undefined, end: number): Pair[] {
  const pair = readPair(wire, wire.endOf(end));
  if (pairs === undefined) return [pair];
  pairs.push(pair);
  return pairs;
}

/** Moves to its end. */
function readPair(wire: Wire, end: number): Pair {
  let keyStart = 0;
  let keyEnd = 0;
  let start = 0;
  let valueEnd = 0;
  for (let tag = wire.tag(end); tag !== 0; tag = wire.tag(end)) {
    if (tag !== 0x0a && tag !== 0x12) {
      wire.skip(tag, end);
      continue;
    }
    const to = wire.endOf(end);
    if (tag === 0x0a) {
      keyStart = wire.position;
      keyEnd = to;
    } else {
      start = wire.position;
      valueEnd = to;
    }
    wire.position = to;
  }
  return { keyStart, keyEnd, start, end: valueEnd };
}

function writePair(wire: Wire, pair: Pair, out: TextBuffer): void {
  out.literal('{"key":');
  out.string(wire.bytes, pair.keyStart, pair.keyEnd);
  out.literal(',"value":');
  writeAnyValue(wire, pair, out);
  out.literal("}");
}

function writeKeyValue(wire: Wire, { start, end }: Place, out: TextBuffer): void {
  wire.position = start;
  writePair(wire, readPair(wire, end), out);
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
    out.string(wire.bytes, place.start, place.end);
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

/** The sort is stable, so equal keys keep their order. */
const inOrderOfKeys = (bytes: Uint8Array, pairs: Pair[]): readonly Pair[] =>
  pairs.sort((a, b) => compareKeys(bytes, a, b));

function compareKeys(bytes: Uint8Array, a: Pair, b: Pair): number {
  const lengthA = a.keyEnd - a.keyStart;
  const lengthB = b.keyEnd - b.keyStart;
  for (let index = 0; index < lengthA && index < lengthB; index++) {
    const difference = (bytes[a.keyStart + index] ?? 0) - (bytes[b.keyStart + index] ?? 0);
    if (difference !== 0) return difference;
  }
  return lengthA - lengthB;
}
