import { isUtf8 } from "node:buffer";
import { GrowingBuffer } from "contextcore";
import type { Place } from "./wire.ts";

/**
 * JSON text as bytes in a buffer that grows and is reused. Strings go from protobuf to JSON without becoming JavaScript strings
 * on the way, and 64-bit numbers without becoming doubles.
 */
export class TextBuffer extends GrowingBuffer {
  /** How many strings were not UTF-8; their invalid bytes became U+FFFD. */
  repaired = 0;

  constructor(capacity = 1 << 16) {
    super(capacity);
  }

  /** Sorts adjacent parts by their bytes. @param start where the first begins @param ends where each ends */
  sortParts(start: number, ends: readonly number[]): void {
    const parts = ends.map((end, index) => this.bytes.subarray(ends[index - 1] ?? start, end));
    if (parts.every((part, index) => index === 0 || Buffer.compare(parts[index - 1] ?? part, part) <= 0))
      return;
    const sorted = Buffer.concat(parts.sort(Buffer.compare));
    this.bytes.set(sorted, start);
  }

  /** Text of one byte a character (ASCII, or bytes as latin1) as it is. */
  literal(text: string): void {
    const start = this.reserve(text.length);
    for (let index = 0; index < text.length; index++) this.bytes[start + index] = text.charCodeAt(index);
  }

  /** `"name":`. */
  name(name: string): void {
    this.byte(QUOTE);
    this.literal(name);
    this.byte(QUOTE);
    this.byte(COLON);
  }

  comma(): void {
    this.byte(COMMA);
  }

  /** Removes the last comma, if the text ends with one. */
  dropComma(): void {
    if (this.bytes[this.length - 1] === COMMA) this.length -= 1;
  }

  /** A quoted string from UTF-8. */
  string(source: Uint8Array, start: number, end: number): void {
    // Every byte may become six characters, and there are two quotes.
    let at = this.reserve((end - start) * 6 + 2);
    const { bytes } = this;
    let plain = true;
    bytes[at++] = QUOTE;
    for (let index = start; index < end; index++) {
      const byte = source[index] ?? 0;
      if (byte >= 0x80) plain = false;
      if (byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH) bytes[at++] = byte;
      else at = this.escape(byte, at);
    }
    bytes[at++] = QUOTE;
    if (plain || isUtf8(source.subarray(start, end))) this.length = at;
    else this.repair(source.subarray(start, end), (end - start) * 6 + 2);
  }

  /** Lower-case hex digits, quoted, left-padded with zeros to `bytesLeast` bytes. */
  hex(source: Uint8Array, { start, end }: Place, bytesLeast = 0): void {
    let at = this.reserve(Math.max(end - start, bytesLeast) * 2 + 2);
    const { bytes } = this;
    bytes[at++] = QUOTE;
    for (let pad = end - start; pad < bytesLeast; pad++) {
      bytes[at++] = ZERO;
      bytes[at++] = ZERO;
    }
    for (let index = start; index < end; index++) {
      const byte = source[index] ?? 0;
      bytes[at++] = DIGITS.charCodeAt(byte >>> 4);
      bytes[at++] = DIGITS.charCodeAt(byte & 15);
    }
    bytes[at] = QUOTE;
  }

  /** An unsigned 64-bit integer given as two words: decimal digits, quoted, as OTLP/JSON has them. */
  unsigned(high: number, low: number): void {
    this.byte(QUOTE);
    this.decimal(high, low);
    this.byte(QUOTE);
  }

  /** A signed 64-bit integer in two's complement, quoted. */
  signed(high: number, low: number): void {
    this.byte(QUOTE);
    if (high < 0x8000_0000) this.decimal(high, low);
    else {
      this.byte(MINUS);
      const negatedLow = (~low + 1) >>> 0;
      this.decimal((~high + (negatedLow === 0 ? 1 : 0)) >>> 0, negatedLow);
    }
    this.byte(QUOTE);
  }

  /** The shortest decimal that reads back to the same double; NaN and infinities are strings in proto JSON. */
  double(value: number): void {
    if (Object.is(value, -0)) this.literal("-0");
    else if (Number.isFinite(value)) this.literal(String(value));
    else this.literal(`"${value}"`);
  }

  base64(source: Uint8Array): void {
    this.literal(`"${Buffer.from(source.buffer, source.byteOffset, source.length).toString("base64")}"`);
  }

  /** Schoolbook division by 10⁹ in steps that stay exact in a double. */
  private decimal(high: number, low: number): void {
    const top = Math.floor(high / BILLION);
    const middle = (high % BILLION) * 65_536 + (low >>> 16);
    const second = Math.floor(middle / BILLION);
    const bottom = (middle % BILLION) * 65_536 + (low & 0xffff);
    const third = Math.floor(bottom / BILLION);
    const billions = top * 4_294_967_296 + second * 65_536 + third;
    if (billions > 0) this.literal(String(billions));
    this.digits(bottom % BILLION, billions > 0);
  }

  private digits(value: number, padded: boolean): void {
    if (!padded) {
      this.literal(String(value));
      return;
    }
    const start = this.reserve(9);
    let rest = value;
    for (let index = start + 8; index >= start; index--) {
      const next = Math.floor(rest / 10);
      this.bytes[index] = ZERO + rest - next * 10;
      rest = next;
    }
  }

  private escape(byte: number, start: number): number {
    let at = start;
    this.bytes[at++] = BACKSLASH;
    const short = SHORT_ESCAPES[byte];
    if (short !== undefined) this.bytes[at++] = short.charCodeAt(0);
    else
      for (const character of `u00${byte.toString(16).padStart(2, "0")}`)
        this.bytes[at++] = character.charCodeAt(0);
    return at;
  }

  private repair(source: Uint8Array, reserved: number): void {
    this.length -= reserved;
    this.repaired += 1;
    this.append(Buffer.from(JSON.stringify(lenient.decode(source))));
  }

  private byte(value: number): void {
    const at = this.reserve(1);
    this.bytes[at] = value;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const ZERO = 0x30;
const BILLION = 1_000_000_000;
const DIGITS = "0123456789abcdef";
const SHORT_ESCAPES: Readonly<Record<number, string>> = {
  8: "b",
  9: "t",
  10: "n",
  12: "f",
  13: "r",
  [QUOTE]: '"',
  [BACKSLASH]: "\\",
};

const lenient = new TextDecoder();
