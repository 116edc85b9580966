/**
 * The JSON around a list of scopes or spans, as latin1: equal resources have the same, so it is their key, and it can be written
 * as bytes again. `out` is only used as working memory.
 */
import { anotherPair, type Pair, writeAttributes } from "./attributes.ts";
import { close, writeNumber, writeString } from "./fields.ts";
import type { TextBuffer } from "./text-buffer.ts";
import type { Place, Wire } from "./wire.ts";

/** The tags of a message's fields. */
interface Tags {
  readonly name?: number;
  readonly version?: number;
  readonly attributes: number;
  readonly dropped: number;
}

const RESOURCE: Tags = { attributes: 0x0a, dropped: 0x10 };
const SCOPE: Tags = { name: 0x0a, version: 0x12, attributes: 0x1a, dropped: 0x20 };

/** `{"resource":{…}` */
export const resourceHead = (wire: Wire, place: Place | undefined, out: TextBuffer): string =>
  head("resource", wire, place, RESOURCE, out);

/** `{"scope":{…}` */
export const scopeHead = (wire: Wire, place: Place | undefined, out: TextBuffer): string =>
  head("scope", wire, place, SCOPE, out);

/** `,"schemaUrl":"…"}`, or only the brace. */
export function schemaUrlTail(wire: Wire, place: Place | undefined, out: TextBuffer): string {
  if (place === undefined || place.start === place.end) return "}";
  out.length = 0;
  out.comma();
  writeString("schemaUrl", wire, place, out);
  close(out);
  return latin1(out);
}

function head(name: string, wire: Wire, place: Place | undefined, tags: Tags, out: TextBuffer): string {
  out.length = 0;
  out.literal("{");
  out.name(name);
  out.literal("{");
  if (place !== undefined) writeFields(wire, place, tags, out);
  close(out);
  return latin1(out);
}

function writeFields(wire: Wire, { start, end }: Place, tags: Tags, out: TextBuffer): void {
  const found: { name?: Place; version?: Place; attributes?: Pair[]; dropped: number } = { dropped: 0 };
  wire.position = start;
  for (let tag = wire.tag(end); tag !== 0; tag = wire.tag(end)) {
    if (tag === tags.attributes) found.attributes = anotherPair(wire, found.attributes, end);
    else if (tag === tags.name) found.name = wire.place(end);
    else if (tag === tags.version) found.version = wire.place(end);
    else if (tag === tags.dropped) found.dropped = wire.small();
    else wire.skip(tag, end);
  }
  writeString("name", wire, found.name, out);
  writeString("version", wire, found.version, out);
  writeAttributes(wire, found.attributes, out);
  writeNumber("droppedAttributesCount", found.dropped, out);
}

const latin1 = (out: TextBuffer): string => Buffer.from(out.view()).toString("latin1");
