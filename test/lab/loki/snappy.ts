/**
 * Decodes a snappy block (not the framed format).
 * Source: https://github.com/google/snappy/blob/main/format_description.txt
 * @throws RangeError `snappy: corrupt input`
 */
export function decodeSnappy(input: Uint8Array): Uint8Array {
  const { value: size, next } = varint(input);
  if (size > 1 << 28) throw corrupt();
  const output = new Uint8Array(size);
  let [from, to] = [next, 0];
  while (from < input.length) {
    const tag = input[from] ?? 0;
    const piece = (tag & 3) === 0 ? literal(input, from) : copy(input, from);
    if (piece.length > size - to || piece.next > input.length) throw corrupt();
    if (piece.back === undefined) output.set(input.subarray(piece.next - piece.length, piece.next), to);
    else repeat(output, to, piece.back, piece.length);
    from = piece.next;
    to += piece.length;
  }
  if (to !== size) throw corrupt();
  return output;
}

interface Piece {
  readonly length: number;
  readonly next: number;
  /** How far back a copy begins; absent for a literal, whose bytes end at `next`. */
  readonly back?: number;
}

function literal(input: Uint8Array, at: number): Piece {
  const short = (input[at] ?? 0) >> 2;
  const extra = Math.max(0, short - 59);
  const length = (extra === 0 ? short : little(input, at + 1, extra)) + 1;
  return { length, next: at + 1 + extra + length };
}

function copy(input: Uint8Array, at: number): Piece {
  const tag = input[at] ?? 0;
  if ((tag & 3) === 1) {
    return { length: ((tag >> 2) & 7) + 4, next: at + 2, back: ((tag >> 5) << 8) | (input[at + 1] ?? 0) };
  }
  const wide = (tag & 3) === 2 ? 2 : 4;
  return { length: (tag >> 2) + 1, next: at + 1 + wide, back: little(input, at + 1, wide) };
}

/** Byte by byte, since a copy may overlap what it writes. */
function repeat(output: Uint8Array, to: number, back: number, length: number): void {
  if (back === 0 || back > to) throw corrupt();
  for (let index = 0; index < length; index += 1) output[to + index] = output[to + index - back] ?? 0;
}

function little(input: Uint8Array, at: number, bytes: number): number {
  let value = 0;
  for (let index = bytes - 1; index >= 0; index -= 1) value = value * 256 + (input[at + index] ?? 0);
  return value;
}

function varint(input: Uint8Array): { value: number; next: number } {
  let value = 0;
  for (let index = 0; index < 5; index += 1) {
    const byte = input[index];
    if (byte === undefined) throw corrupt();
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, next: index + 1 };
  }
  throw corrupt();
}

const corrupt = (): RangeError => new RangeError("snappy: corrupt input");
