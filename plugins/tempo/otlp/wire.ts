/** Where a value stands in the bytes, `end` excluded. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/**
 * Protocol Buffers read in place: positions in one byte array instead of objects, which is what makes the conversion
 * fast. Source of the encoding: https://protobuf.dev/programming-guides/encoding/
 */
export class Wire {
  position = 0;
  /** The words of the last `varint` or `fixed64`. */
  high = 0;
  low = 0;
  readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The next field's number and wire type as one number (`number << 3 | type`), or 0 at the end of the message. */
  tag(end: number): number {
    return this.position < end ? this.small() : 0;
  }

  /**
   * Where the bytes, text or message of this field stand; moves past them.
   * @throws RangeError when they extend beyond the message
   */
  place(end: number): Place {
    const to = this.endOf(end);
    const start = this.position;
    this.position = to;
    return { start, end: to };
  }

  /** Where the bytes, text or message that begin here end; their length is read. @throws RangeError as `place` does */
  endOf(end: number): number {
    const length = this.small();
    if (this.position + length > end) truncated();
    return this.position + length;
  }

  /** The same, added to the places of a repeated field. */
  another(places: Place[] | undefined, end: number): Place[] {
    const place = this.place(end);
    if (places === undefined) return [place];
    places.push(place);
    return places;
  }

  /** A varint below 2³². */
  small(): number {
    let value = this.bytes[this.position++] ?? truncated();
    if (value < 0x80) return value;
    value &= 0x7f;
    for (let factor = 128; factor < 2 ** 35; factor *= 128) {
      const byte = this.bytes[this.position++] ?? truncated();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw new RangeError("protobuf: number too long");
  }

  /** A varint of up to 64 bits, left in `high` and `low`. */
  varint(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.bytes[this.position++] ?? truncated();
      if (shift < 28) low |= (byte & 0x7f) << shift;
      else if (shift === 28) {
        low |= (byte & 0x0f) << 28;
        high = (byte & 0x7f) >>> 4;
      } else if (shift < 63) high |= (byte & 0x7f) << (shift - 32);
      else high |= (byte & 1) << 31;
      if (byte < 0x80) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        return;
      }
    }
    throw new RangeError("protobuf: number too long");
  }

  /** Eight bytes, left in `high` and `low`. @returns false when they are zero */
  fixed64(): boolean {
    this.low = this.view.getUint32(this.position, true);
    this.high = this.view.getUint32(this.position + 4, true);
    this.position += 8;
    return this.low !== 0 || this.high !== 0;
  }

  fixed32(): number {
    this.position += 4;
    return this.view.getUint32(this.position - 4, true);
  }

  double(): number {
    this.position += 8;
    return this.view.getFloat64(this.position - 8, true);
  }

  /** Eight bytes as an unsigned number. */
  bigFixed64(): bigint {
    this.position += 8;
    return this.view.getBigUint64(this.position - 8, true);
  }

  /** The bytes of an id as a big-endian number; of a longer id the last eight bytes. */
  bigEndian({ start, end }: Place): bigint {
    if (end - start >= 8) return this.view.getBigUint64(end - 8);
    let value = 0n;
    for (let index = start; index < end; index++) value = (value << 8n) | BigInt(this.bytes[index] ?? 0);
    return value;
  }

  /** Passes over the value of the field with this tag. @throws RangeError when it extends beyond the message */
  skip(tag: number, end: number): void {
    const type = tag & 7;
    if (type === 0) this.varint();
    else if (type === 1) this.position += 8;
    else if (type === 2) this.place(end);
    else if (type === 5) this.position += 4;
    else throw new RangeError(`protobuf: wire type ${type} is not supported`);
    if (this.position > end) truncated();
  }
}

function truncated(): never {
  throw new RangeError("protobuf: message is truncated");
}
