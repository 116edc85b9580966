/**
 * Protocol Buffers wire format, read without generated code or reflection.
 * Source: https://protobuf.dev/programming-guides/encoding/
 *
 * 64-bit values are read as `bigint`, or as two 32-bit words when a double's bits must survive (a NaN's payload is lost in a
 * `number`).
 */

const utf8 = new TextDecoder();

/** How the value after a tag is encoded. */
export const VARINT = 0;
/** The wire type of eight bytes. */
export const FIXED64 = 1;
/** The wire type of a length and so many bytes. */
export const BYTES = 2;
/** The wire type of four bytes. */
export const FIXED32 = 5;

/** Reads one message. After `next()` moves to a field, call one of the value methods or `skip()`. */
export class ProtobufReader {
  field = 0;
  wire = 0;
  position: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = start;
    this.end = end;
  }

  /** False at the end of the message. @throws RangeError on a truncated message. */
  next(): boolean {
    if (this.position >= this.end) return false;
    const tag = this.uint32();
    this.field = tag >>> 3;
    this.wire = tag & 7;
    return true;
  }

  /** A varint as an unsigned 32-bit number; higher bits are dropped. */
  uint32(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.byte();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new RangeError("protobuf: varint too long");
  }

  /** A varint as an unsigned 64-bit integer. */
  uint64(): bigint {
    let low = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      low |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, low);
    }
    throw new RangeError("protobuf: varint too long");
  }

  /** A varint as a signed 64-bit integer. */
  int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  /** A varint as a signed number, many times faster than {@link int64}. @throws RangeError beyond 2^53 */
  int53(): number {
    const start = this.position;
    let value = 0;
    for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    if (value <= Number.MAX_SAFE_INTEGER && (this.bytes[this.position - 1] ?? 0) < 0x80) return value;
    // Negative numbers take ten bytes.
    this.position = start;
    const exact = this.int64();
    if (BigInt.asIntN(54, exact) === exact) return Number(exact);
    throw new RangeError("protobuf: integer beyond 2^53");
  }

  /** A varint as a signed 32-bit number; higher bits are dropped. */
  int32(): number {
    return this.uint32() | 0;
  }

  /** A zigzag varint, which keeps small negative numbers short. */
  sint32(): number {
    const value = this.uint32();
    return (value >>> 1) ^ -(value & 1);
  }

  /** A zigzag varint as a 64-bit integer. */
  sint64(): bigint {
    const value = this.uint64();
    return (value >> 1n) ^ -(value & 1n);
  }

  bool(): boolean {
    return this.uint64() !== 0n;
  }

  /** A double. A NaN may lose its payload; {@link fixed64} keeps it. */
  double(): number {
    return this.view.getFloat64(this.take(8), true);
  }

  /** Eight bytes, unsigned. Also for a double's bits. */
  fixed64(): bigint {
    return this.view.getBigUint64(this.take(8), true);
  }

  /** Four bytes, unsigned. */
  fixed32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  /** A view of the field's bytes, not a copy. */
  slice(): Uint8Array {
    const length = this.uint32();
    const start = this.take(length);
    return this.bytes.subarray(start, start + length);
  }

  /** UTF-8; invalid bytes become U+FFFD. */
  string(): string {
    return utf8.decode(this.slice());
  }

  /** A reader for an embedded message. */
  message(): ProtobufReader {
    const length = this.uint32();
    const start = this.take(length);
    return new ProtobufReader(this.bytes, start, start + length);
  }

  /** Skips the value of an unknown field. */
  skip(): void {
    if (this.wire === VARINT) this.uint32();
    else if (this.wire === FIXED64) this.take(8);
    else if (this.wire === BYTES) this.take(this.uint32());
    else if (this.wire === FIXED32) this.take(4);
    else throw new RangeError(`protobuf: wire type ${this.wire} is not supported`);
  }

  private byte(): number {
    return this.bytes[this.take(1)] ?? 0;
  }

  private take(length: number): number {
    const start = this.position;
    if (start + length > this.end) throw new RangeError("protobuf: message is truncated");
    this.position = start + length;
    return start;
  }
}
