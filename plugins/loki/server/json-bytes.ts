import { isUtf8 } from "node:buffer";
import { PluginError } from "contextcore";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = { array: 0x5b, object: 0x7b } as const;
const CLOSE = { array: 0x5d, object: 0x7d } as const;

/** What may follow a backslash: `"\/bfnrtu`. */
const ESCAPES = new Set([0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74, 0x75]);

/**
 * Walks over JSON bytes without creating values: lines are kept as the server wrote them, and parsing millions of them into
 * objects only to write them again would cost more than the rest of the export.
 * Every method leaves `position` after what it read. @throws PluginError `temporary` when the document is truncated, `invalid`
 * otherwise
 */
export class JsonBytes {
  position = 0;
  readonly bytes: Uint8Array;
  /** All text bytes so far, or-ed: below 0x80, all are ASCII. */
  private seen = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Whether everything skipped so far is valid text. */
  get isText(): boolean {
    return this.seen < 0x80 || isUtf8(this.bytes);
  }

  /** The next byte that is not white space, without consuming it. */
  peek(): number {
    for (; this.position < this.bytes.length; this.position += 1) {
      const byte = this.bytes[this.position] ?? 0;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
    }
    throw new PluginError("temporary", "loki: the answer ends in the middle");
  }

  take(byte: number): void {
    if (this.peek() !== byte) throw this.wrong();
    this.position += 1;
  }

  /** Whether this byte comes next; if so, it is consumed. */
  takes(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.position += 1;
    return true;
  }

  /** Calls `member` at each member's value, which it must consume. */
  object(member: (name: string) => void): void {
    this.take(OPEN.object);
    if (this.takes(CLOSE.object)) return;
    do {
      const name = this.string();
      this.take(COLON);
      member(name);
    } while (this.takes(COMMA));
    this.take(CLOSE.object);
  }

  /** Calls `element` at each element, which it must consume. */
  array(element: () => void): void {
    this.take(OPEN.array);
    if (this.takes(CLOSE.array)) return;
    do element();
    while (this.takes(COMMA));
    this.take(CLOSE.array);
  }

  /** Skips a string. Control characters and unknown escapes are refused, because the result must be valid JSON. */
  skipString(): void {
    this.take(QUOTE);
    const { bytes } = this;
    let seen = 0;
    for (let at = this.position; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      seen |= byte;
      if (byte === QUOTE) {
        this.position = at + 1;
        this.seen |= seen;
        return;
      }
      if (byte === BACKSLASH) {
        at += 1;
        if (!ESCAPES.has(bytes[at] ?? QUOTE)) throw this.wrong(at);
      } else if (byte < 0x20) throw this.wrong(at);
    }
    throw new PluginError("temporary", "loki: the answer ends in the middle of a text");
  }

  /** Skips an object of strings. @returns whether it has any */
  skipTexts(): boolean {
    this.take(OPEN.object);
    if (this.takes(CLOSE.object)) return false;
    do {
      this.skipString();
      this.take(COLON);
      this.skipString();
    } while (this.takes(COMMA));
    this.take(CLOSE.object);
    return true;
  }

  /** Consumes these bytes if exactly they come next. */
  takesAll(wanted: Uint8Array): boolean {
    for (let index = 0; index < wanted.length; index += 1) {
      if (this.bytes[this.position + index] !== wanted[index]) return false;
    }
    this.position += wanted.length;
    return true;
  }

  string(): string {
    this.peek();
    const start = this.position;
    this.skipString();
    return JSON.parse(this.text(start));
  }

  skipValue(): void {
    const next = this.peek();
    if (next === QUOTE) this.skipString();
    else if (next === OPEN.object) this.object(() => this.skipValue());
    else if (next === OPEN.array) this.array(() => this.skipValue());
    else this.skipWord();
  }

  /** The value as JSON.parse gives it. */
  value(): unknown {
    this.peek();
    const start = this.position;
    this.skipValue();
    return JSON.parse(this.text(start));
  }

  wrong(at = this.position): PluginError {
    const near = Buffer.from(this.bytes.subarray(at, at + 20)).toString();
    return new PluginError(
      "invalid",
      `loki: the answer is not as expected at byte ${at}: ${JSON.stringify(near)}`,
    );
  }

  private text(start: number): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, this.position - start).toString();
  }

  /** A number, `true`, `false` or `null`. */
  private skipWord(): void {
    const start = this.position;
    while (/[\w.+-]/.test(String.fromCharCode(this.bytes[this.position] ?? 0))) this.position += 1;
    if (this.position === start) throw this.wrong();
  }
}
