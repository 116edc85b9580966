/**
 * Snappy's block format, in which remote read and remote write carry their messages.
 * Source: https://github.com/google/snappy/blob/main/format_description.txt
 */
const BLOCK = 65_536;
const HASH_BITS = 14;

/** Most bytes of an unpacked block: a false length must not exhaust the memory. */
const MOST_BYTES = 1 << 30;

/** How many bytes a block says that it holds. @throws RangeError */
export const snappyLength = (packed: Uint8Array): number => readLength(packed).length;

/** @throws RangeError when the bytes are not one whole snappy block. */
export function snappyDecompress(packed: Uint8Array): Uint8Array {
  const { length, position } = readLength(packed);
  const out = new Uint8Array(length);
  let from = position;
  let to = 0;
  while (from < packed.length) {
    const tag = byteAt(packed, from);
    const element = (tag & 3) === 0 ? literal(packed, from, tag) : copy(packed, from, tag);
    if (to + element.length > length) throw new RangeError("snappy: more data than its length says");
    if (element.offset === 0) {
      if (element.next + element.length > packed.length) throw new RangeError("snappy: data is truncated");
      out.set(packed.subarray(element.next, element.next + element.length), to);
      from = element.next + element.length;
    } else {
      if (element.offset > to) throw new RangeError("snappy: a copy reaches before the start");
      repeat(out, to, element.offset, element.length);
      from = element.next;
    }
    to += element.length;
  }
  if (to !== length) throw new RangeError(`snappy: ${to} bytes where ${length} were announced`);
  return out;
}

interface Element {
  readonly length: number;
  /** How far back a copy reaches; 0 for a literal. */
  readonly offset: number;
  readonly next: number;
}

function literal(packed: Uint8Array, at: number, tag: number): Element {
  const short = tag >>> 2;
  if (short < 60) return { length: short + 1, offset: 0, next: at + 1 };
  const bytes = short - 59;
  return { length: littleEndian(packed, at + 1, bytes) + 1, offset: 0, next: at + 1 + bytes };
}

function copy(packed: Uint8Array, at: number, tag: number): Element {
  if ((tag & 3) === 1) {
    return {
      length: ((tag >>> 2) & 7) + 4,
      offset: backwards(((tag >>> 5) << 8) | byteAt(packed, at + 1)),
      next: at + 2,
    };
  }
  const bytes = (tag & 3) === 2 ? 2 : 4;
  return {
    length: (tag >>> 2) + 1,
    offset: backwards(littleEndian(packed, at + 1, bytes)),
    next: at + 1 + bytes,
  };
}

function backwards(offset: number): number {
  if (offset === 0) throw new RangeError("snappy: a copy of offset 0");
  return offset;
}

function repeat(out: Uint8Array, to: number, offset: number, length: number): void {
  if (offset >= length) out.copyWithin(to, to - offset, to - offset + length);
  else for (let index = 0; index < length; index++) out[to + index] = byteAt(out, to - offset + index);
}

function readLength(packed: Uint8Array): { length: number; position: number } {
  let length = 0;
  for (let position = 0; position < 5; position++) {
    const byte = byteAt(packed, position);
    length += (byte & 0x7f) * 2 ** (7 * position);
    if (byte < 0x80) {
      if (length > MOST_BYTES) throw new RangeError(`snappy: ${length} bytes are too many`);
      return { length, position: position + 1 };
    }
  }
  throw new RangeError("snappy: its length is not a number");
}

function littleEndian(packed: Uint8Array, at: number, bytes: number): number {
  let value = 0;
  for (let index = 0; index < bytes; index++) value += byteAt(packed, at + index) * 2 ** (8 * index);
  return value;
}

function byteAt(bytes: Uint8Array, index: number): number {
  const byte = bytes[index];
  if (byte === undefined) throw new RangeError("snappy: data is truncated");
  return byte;
}

/** One whole snappy block: greedy matches of four bytes or more within 64 KiB. */
export function snappyCompress(plain: Uint8Array): Uint8Array {
  const most = 32 + plain.length + Math.ceil(plain.length / 6);
  if (scratch.length < most) scratch = new Uint8Array(most);
  let to = writeLength(scratch, plain.length);
  for (let start = 0; start < plain.length; start += BLOCK) {
    to = compressBlock(plain.subarray(start, start + BLOCK), scratch, to);
  }
  return scratch.slice(0, to);
}

/** Reused: what comes out is much smaller. */
let scratch = new Uint8Array(1 << 17);
const lastSeen = new Uint16Array(1 << HASH_BITS);

function compressBlock(block: Uint8Array, out: Uint8Array, start: number): number {
  const words = new DataView(block.buffer, block.byteOffset, block.byteLength);
  lastSeen.fill(0);
  let to = start;
  let literalFrom = 0;
  let at = 1;
  while (at + 4 <= block.length) {
    const word = words.getUint32(at, true);
    const slot = Math.imul(word, 0x1e35a7bd) >>> (32 - HASH_BITS);
    const candidate = lastSeen[slot] ?? 0;
    lastSeen[slot] = at;
    if (words.getUint32(candidate, true) !== word || candidate >= at) {
      // The longer nothing matches, the larger the strides: data that does not compress costs little.
      at += 1 + ((at - literalFrom) >>> 5);
      continue;
    }
    const length = matchLength(block, candidate, at);
    to = writeLiteral(block, { from: literalFrom, to: at }, out, to);
    to = writeCopy(at - candidate, length, out, to);
    at += length;
    literalFrom = at;
  }
  return writeLiteral(block, { from: literalFrom, to: block.length }, out, to);
}

function matchLength(block: Uint8Array, earlier: number, later: number): number {
  let length = 4;
  while (later + length < block.length && block[earlier + length] === block[later + length]) length += 1;
  return length;
}

/** From this length on, a view is cheaper than copying byte by byte. */
const LONG = 64;

function writeLiteral(
  block: Uint8Array,
  { from, to: end }: { readonly from: number; readonly to: number },
  out: Uint8Array,
  start: number,
): number {
  const last = end - from - 1;
  if (last < 0) return start;
  let to = start;
  if (last < 60) out[to++] = last << 2;
  else if (last < 256) {
    out[to++] = 60 << 2;
    out[to++] = last;
  } else {
    out[to++] = 61 << 2;
    out[to++] = last & 0xff;
    out[to++] = last >>> 8;
  }
  if (last > LONG) out.set(block.subarray(from, end), to);
  else for (let index = 0; index <= last; index++) out[to + index] = block[from + index] ?? 0;
  return to + last + 1;
}

/** Copies of at most 64 bytes each, with a two-byte offset. */
function writeCopy(offset: number, length: number, out: Uint8Array, start: number): number {
  let to = start;
  for (let rest = length; rest > 0; ) {
    const part = Math.min(rest, 64);
    out[to++] = ((part - 1) << 2) | 2;
    out[to++] = offset & 0xff;
    out[to++] = offset >>> 8;
    rest -= part;
  }
  return to;
}

function writeLength(out: Uint8Array, length: number): number {
  let to = 0;
  let rest = length;
  for (; rest > 127; rest = Math.floor(rest / 128)) out[to++] = (rest & 0x7f) | 0x80;
  out[to++] = rest;
  return to;
}
