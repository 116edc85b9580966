/** The values of a column that its pages name by their places in a list. */
import { GrowingBuffer } from "contextcore";
import { release } from "./memory.ts";
import { type Texts, textValues, type Values } from "./values.ts";

/** A column's distinct values, each with a place from 0. */
export interface Dictionary {
  /** The values at these places, in this order. The dictionary takes over the list of places, and may change it. */
  pick(places: Places): Values;
}

type Places = Int32Array | Uint8Array;

/** A dictionary whose values are all in memory. */
export const inMemory = (values: Values): Dictionary => ({
  pick: (places) => picked(values, places),
});

function picked({ at, texts }: Values, places: Places): Values {
  if (texts === undefined) return { at: (index) => at(places[index] ?? 0) };
  return textValues({
    bytes: texts.bytes,
    start: (index) => texts.start(places[index] ?? 0),
    end: (index) => texts.end(places[index] ?? 0),
  });
}

/** A dictionary of this size or more is kept packed: one may take a third of the memory that an export may use. Bytes. */
export const PACKED_FROM = 1 << 20;

/** About how many bytes of values are packed together. */
const PIECE = 1 << 18;

interface Piece {
  /** The place of its first value. */
  readonly first: number;
  readonly packed: Uint8Array;
}

/**
 * A dictionary of texts that is kept compressed. A page's values are unpacked together, in the order of the dictionary, so
 * that each piece is unpacked once for each page.
 * @param page PLAIN: each text after its length, 32 bits. It may be released afterwards
 */
export function packed(page: Uint8Array, count: number): Dictionary {
  const pieces = [...pack(page, count)];
  return {
    pick(places) {
      const wanted = distinct(Int32Array.from(places));
      const texts = new Picked(wanted.length);
      for (const { piece, from, to } of parts(pieces, wanted)) texts.copy(piece, wanted.subarray(from, to));
      for (let index = 0; index < places.length; index++) places[index] = indexOf(wanted, places[index] ?? 0);
      return picked(textValues(texts.all()), places);
    },
  };
}

function* pack(page: Uint8Array, count: number): Generator<Piece> {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  let [start, first, end] = [0, 0, 0];
  for (let place = 0; place < count; place++) {
    end += 4 + view.getUint32(end, true);
    if (end > page.length) throw new Error("a dictionary's texts are longer than its page");
    if (end - start < PIECE && place < count - 1) continue;
    yield { first, packed: Bun.zstdCompressSync(page.subarray(start, end), { level: 1 }) };
    [start, first] = [end, place + 1];
  }
}

/** The places in order, each once. */
function distinct(places: Int32Array): Int32Array {
  const sorted = places.sort();
  let length = 0;
  for (const place of sorted) if (length === 0 || sorted[length - 1] !== place) sorted[length++] = place;
  return sorted.subarray(0, length);
}

/** The pieces that hold some of the places, unpacked, and which of the places those are. */
function* parts(
  pieces: readonly Piece[],
  wanted: Int32Array,
): Generator<{ piece: Unpacked; from: number; to: number }> {
  let from = 0;
  for (const [index, { first, packed: bytes }] of pieces.entries()) {
    const next = pieces[index + 1]?.first ?? Number.POSITIVE_INFINITY;
    let to = from;
    while (to < wanted.length && (wanted[to] ?? next) < next) to += 1;
    if (to > from) {
      const unpacked = Bun.zstdDecompressSync(bytes);
      yield { piece: { bytes: unpacked, first }, from, to };
      // Otherwise the whole dictionary would stay in memory until a collection.
      release(unpacked);
    }
    from = to;
  }
  if (from < wanted.length) throw new Error("a value is asked for that the dictionary does not have");
}

interface Unpacked {
  readonly bytes: Uint8Array;
  readonly first: number;
}

/** Texts of a dictionary, one after another. */
class Picked extends GrowingBuffer {
  private readonly ends: Int32Array;
  private count = 0;

  constructor(count: number) {
    super(count * 32);
    this.ends = new Int32Array(count);
  }

  copy({ bytes, first }: Unpacked, places: Int32Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let place = first;
    let at = 0;
    for (const wanted of places) {
      for (; place < wanted; place++) at += 4 + view.getUint32(at, true);
      this.appendPart(bytes, at + 4, at + 4 + view.getUint32(at, true));
      this.ends[this.count++] = this.length;
    }
  }

  all(): Texts {
    const { ends } = this;
    return {
      bytes: this.view(),
      start: (index) => (index === 0 ? 0 : (ends[index - 1] ?? 0)),
      end: (index) => ends[index] ?? 0,
    };
  }
}

/** The index of a value in a sorted list that has it. */
function indexOf(sorted: Int32Array, value: number): number {
  let [low, high] = [0, sorted.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
