/**
 * Protocol Buffers wire format, written without generated code or reflection.
 * Source: https://protobuf.dev/programming-guides/encoding/
 */
import { GrowingBuffer } from "./growing-buffer.ts";
import { BYTES, FIXED32, FIXED64, VARINT } from "./protobuf-reader.ts";

const toUtf8 = new TextEncoder();

/** Writes one message into a growing buffer. */
export class ProtobufWriter extends GrowingBuffer {
  /** The message so far; a view, valid until the next write. */
  finish(): Uint8Array {
    return this.view();
  }

  /** int32, int64, uint32, uint64, bool or enum; a negative number takes ten bytes. */
  varint(field: number, value: number | bigint): this {
    return this.tag(field, VARINT).rawVarint(value);
  }

  /** sint32 or sint64, zigzag. */
  sint(field: number, value: number | bigint): this {
    const wide = BigInt(value);
    return this.tag(field, VARINT).rawVarint((wide << 1n) ^ (wide >> 63n));
  }

  /** Eight bytes. Also for a double's bits. */
  fixed64(field: number, value: bigint): this {
    const start = this.tag(field, FIXED64).reserve(8);
    this.data.setBigUint64(start, BigInt.asUintN(64, value), true);
    return this;
  }

  fixed32(field: number, value: number): this {
    const start = this.tag(field, FIXED32).reserve(4);
    this.data.setUint32(start, value >>> 0, true);
    return this;
  }

  double(field: number, value: number): this {
    const start = this.tag(field, FIXED64).reserve(8);
    this.data.setFloat64(start, value, true);
    return this;
  }

  /** Bytes, or an already encoded message. */
  blob(field: number, value: Uint8Array): this {
    const start = this.tag(field, BYTES).rawVarint(value.length).reserve(value.length);
    this.bytes.set(value, start);
    return this;
  }

  string(field: number, value: string): this {
    return this.blob(field, toUtf8.encode(value));
  }

  /** An embedded message, filled by `write`: written in place, and moved if its length takes more than one byte. */
  message(field: number, write: (writer: ProtobufWriter) => void): this {
    const start = this.tag(field, BYTES).reserve(1) + 1;
    write(this);
    const end = this.length;
    const length = this.rawVarint(end - start)
      .view(end)
      .slice();
    this.bytes.copyWithin(start - 1 + length.length, start, end);
    this.bytes.set(length, start - 1);
    this.length = end - 1 + length.length;
    return this;
  }

  private tag(field: number, wire: number): this {
    return this.rawVarint((field << 3) | wire);
  }

  private rawVarint(value: number | bigint): this {
    if (typeof value === "number" && value >= 0 && Number.isSafeInteger(value))
      return this.smallVarint(value);
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 0x7fn) {
      this.rawByte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    return this.rawByte(Number(rest));
  }

  private smallVarint(value: number): this {
    let rest = value;
    while (rest > 0x7fffffff) {
      const upper = Math.floor(rest / 0x80);
      this.rawByte((rest - upper * 0x80) | 0x80);
      rest = upper;
    }
    let bits = rest | 0;
    while (bits > 0x7f) {
      this.rawByte((bits & 0x7f) | 0x80);
      bits >>>= 7;
    }
    return this.rawByte(bits);
  }

  private rawByte(value: number): this {
    const at = this.reserve(1);
    this.bytes[at] = value;
    return this;
  }
}
