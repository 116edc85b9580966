import { GrowingBuffer } from "contextcore";

/**
 * Protocol Buffers written into one buffer that grows. A nested message gets room for its length before it and is never copied.
 * Lengths take more bytes than necessary, which every reader accepts.
 */
export class MessageBuffer extends GrowingBuffer {
  constructor(capacity = 1 << 14) {
    super(capacity);
  }

  /** Begins a nested message; give the result to `close`. */
  open(field: number): number {
    this.tag(field, 2);
    return this.reserve(LENGTH_BYTES) + LENGTH_BYTES;
  }

  close(start: number): void {
    let rest = this.length - start;
    for (let at = start - LENGTH_BYTES; at < start - 1; at++) {
      this.bytes[at] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[start - 1] = rest;
  }

  /** Bytes or UTF-8 text; written even if empty. */
  blob(field: number, value: Uint8Array): void {
    this.tag(field, 2);
    this.varint(value.length);
    this.append(value);
  }

  /** The same from a part of some bytes. */
  blobPart(field: number, source: Uint8Array, start: number, end: number): void {
    this.tag(field, 2);
    this.varint(end - start);
    this.appendPart(source, start, end);
  }

  text(field: number, value: string): void {
    this.blob(field, utf8.encode(value));
  }

  /** A number that is not negative. */
  number(field: number, value: number): void {
    this.tag(field, 0);
    this.varint(value);
  }

  /** A signed 64-bit number. */
  integer(field: number, value: bigint): void {
    this.tag(field, 0);
    let rest = BigInt.asUintN(64, value);
    while (rest > 0x7fn) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.byte(Number(rest));
  }

  fixed64(field: number, { low, high }: { readonly low: number; readonly high: number }): void {
    this.tag(field, 1);
    const start = this.reserve(8);
    this.data.setUint32(start, low, true);
    this.data.setUint32(start + 4, high, true);
  }

  double(field: number, value: number): void {
    this.tag(field, 1);
    const start = this.reserve(8);
    this.data.setFloat64(start, value, true);
  }

  private tag(field: number, type: number): void {
    this.varint((field << 3) | type);
  }

  private varint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  private byte(value: number): void {
    const at = this.reserve(1);
    this.bytes[at] = value;
  }
}

const LENGTH_BYTES = 4;
const utf8 = new TextEncoder();
