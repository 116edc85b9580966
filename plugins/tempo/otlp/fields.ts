/**
 * Fields of a JSON object, each followed by a comma; `close` removes the last one. As in proto JSON, zero values are left out.
 */
import type { TextBuffer } from "./text-buffer.ts";
import type { Place, Wire } from "./wire.ts";

/** An id with leading zeros that a server may leave out: 32 or 16 digits. An empty one is left out. */
export function writeId(
  name: string,
  wire: Wire,
  id: Place | undefined,
  bytes: number,
  out: TextBuffer,
): void {
  if (id === undefined || id.start === id.end) return;
  out.name(name);
  out.hex(wire.bytes, id, bytes);
  out.comma();
}

/** A text, given by its place in the message; an absent or empty one is left out. */
export function writeString(name: string, wire: Wire, text: Place | undefined, out: TextBuffer): void {
  if (text === undefined || text.start === text.end) return;
  out.name(name);
  out.string(wire.bytes, text.start, text.end);
  out.comma();
}

/** A whole number of at most 32 bits; 0 is left out. */
export function writeNumber(name: string, value: number, out: TextBuffer): void {
  if (value === 0) return;
  out.name(name);
  out.literal(String(value));
  out.comma();
}

/** A fixed64 of nanoseconds at a position; 0: the field is absent. */
export function writeTime(name: string, wire: Wire, at: number, out: TextBuffer): void {
  if (at === 0) return;
  wire.position = at;
  if (!wire.fixed64()) return;
  out.name(name);
  out.unsigned(wire.high, wire.low);
  out.comma();
}

type WriteOne<Item extends Place = Place> = (wire: Wire, item: Item, out: TextBuffer) => void;

/** A list in the order of its items' texts, since servers keep them in no particular order. An empty one is left out. */
export function writeSortedList(
  name: string,
  wire: Wire,
  places: readonly Place[] | undefined,
  write: WriteOne,
  out: TextBuffer,
): void {
  if (places === undefined) return;
  out.name(name);
  out.literal("[");
  const start = out.length;
  const ends = places.map((place) => {
    write(wire, place, out);
    out.comma();
    return out.length;
  });
  if (ends.length > 1) out.sortParts(start, ends);
  out.dropComma();
  out.literal("],");
}

/** Items with commas between them, without brackets. */
export function writeItems<Item extends Place>(
  wire: Wire,
  items: readonly Item[],
  write: WriteOne<Item>,
  out: TextBuffer,
): void {
  for (const item of items) {
    write(wire, item, out);
    out.comma();
  }
  out.dropComma();
}

/** Ends an object, without the comma of its last field. */
export function close(out: TextBuffer): void {
  out.dropComma();
  out.literal("}");
}
