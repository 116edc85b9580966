/** The entries of one answer as positions in its bytes: a few numbers each, no objects. */
import type { Labels } from "./selector.ts";

/** A stream of one answer. */
export interface PageStream {
  /** As the server returned them, including its own bookkeeping labels. */
  readonly labels: Labels;
  /** Its entries: indexes from `from` up to but excluding `to`. */
  readonly from: number;
  readonly to: number;
}

/** Bytes `[from, to)` of an answer. */
export interface Place {
  readonly from: number;
  readonly to: number;
}

/** Per entry: where `"<ns>","line"` begins and ends, and its metadata. */
const FIELDS = 4;

/** An entry with time and metadata is seldom shorter. */
const USUAL_BYTES = 160;

/** The entries of one answer, in its order. Times and lines are taken from the bytes when they are asked for. */
export class Entries {
  /** The answer's bytes, followed by replacements for parts of it. */
  bytes: Uint8Array;
  length = 0;
  /** An entry's time in whole seconds, and the remaining nanoseconds, to avoid a bigint for each. */
  private seconds: Float64Array;
  private nanos: Uint32Array;
  private places: Uint32Array;

  constructor(bytes: Uint8Array) {
    const room = 64 + Math.floor(bytes.length / USUAL_BYTES);
    this.bytes = bytes;
    this.seconds = new Float64Array(room);
    this.nanos = new Uint32Array(room);
    this.places = new Uint32Array(room * FIELDS);
  }

  /**
   * @param from where the time begins, at its quote
   * @param timeTo where it ends, behind its quote
   * @param to where the line ends, behind its quote
   */
  add(from: number, timeTo: number, to: number): void {
    if (this.length === this.seconds.length) this.grow();
    const split = Math.max(from + 1, timeTo - 10);
    this.seconds[this.length] = this.digits(from + 1, split);
    this.nanos[this.length] = this.digits(split, timeTo - 1);
    this.places[this.length * FIELDS] = from;
    this.places[this.length * FIELDS + 1] = to;
    this.length += 1;
  }

  /** The newest entry's structured metadata, a JSON object that is not empty. */
  setMetadata(from: number, to: number): void {
    this.places[this.length * FIELDS - 2] = from;
    this.places[this.length * FIELDS - 1] = to;
  }

  /** JSON; `""`: none. */
  metadataText(index: number): string {
    return this.text(this.metadata(index));
  }

  /** Gives entries other metadata. @param texts JSON objects, by the entries' indexes */
  replaceMetadata(texts: ReadonlyMap<number, string>): void {
    if (texts.size === 0) return;
    const parts: Uint8Array[] = [this.bytes];
    let end = this.bytes.length;
    for (const [index, text] of texts) {
      const part = Buffer.from(text);
      parts.push(part);
      this.places[index * FIELDS + 2] = end;
      end += part.length;
      this.places[index * FIELDS + 3] = end;
    }
    this.bytes = Buffer.concat(parts, end);
  }

  /** Negative when `a` is earlier than `b`. */
  compare(a: number, b: number): number {
    const seconds = (this.seconds[a] ?? 0) - (this.seconds[b] ?? 0);
    return seconds === 0 ? (this.nanos[a] ?? 0) - (this.nanos[b] ?? 0) : seconds;
  }

  /** ns */
  time(index: number): bigint {
    return BigInt(this.seconds[index] ?? 0) * 1_000_000_000n + BigInt(this.nanos[index] ?? 0);
  }

  /** `"<ns>","line"` */
  head(index: number): Place {
    return this.place(index * FIELDS);
  }

  /** Empty when the entry has none. */
  metadata(index: number): Place {
    return this.place(index * FIELDS + 2);
  }

  text({ from, to }: Place): string {
    return from === to ? "" : this.buffer.toString("utf8", from, to);
  }

  /** Whether this text occurs anywhere in the answer. */
  holds(text: string): boolean {
    return this.buffer.includes(text);
  }

  /** The same bytes. */
  get buffer(): Buffer {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
  }

  private place(at: number): Place {
    return { from: this.places[at] ?? 0, to: this.places[at + 1] ?? 0 };
  }

  private digits(from: number, to: number): number {
    let value = 0;
    for (let at = from; at < to; at += 1) value = value * 10 + (this.bytes[at] ?? 0) - 0x30;
    return value;
  }

  private grow(): void {
    const [seconds, nanos, places] = [this.seconds, this.nanos, this.places];
    this.seconds = new Float64Array(seconds.length * 2);
    this.nanos = new Uint32Array(nanos.length * 2);
    this.places = new Uint32Array(places.length * 2);
    this.seconds.set(seconds);
    this.nanos.set(nanos);
    this.places.set(places);
  }
}
