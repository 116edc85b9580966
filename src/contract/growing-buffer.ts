/**
 * Bytes written one behind the other into one buffer that grows, and may be used again: what the writers of Protocol
 * Buffers and of JSON text are made of.
 */
export class GrowingBuffer {
  /** How many bytes are written. To write over them, set it back. */
  length = 0;
  /** The room for them and for more; replaced when it grows. */
  protected bytes: Uint8Array<ArrayBuffer>;
  protected data: DataView;

  /** @param capacity bytes to begin with */
  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity);
    this.data = new DataView(this.bytes.buffer);
  }

  /** What was written since `from`; a view, valid until the next write. */
  view(from = 0): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(from, this.length);
  }

  /** Bytes as they are. */
  append(source: Uint8Array): void {
    const start = this.reserve(source.length);
    this.bytes.set(source, start);
  }

  /** A part of some bytes, copied without a view of them: for many short ones. */
  appendPart(source: Uint8Array, start: number, end: number): void {
    const at = this.reserve(end - start);
    const { bytes } = this;
    if (end - start > LONG) bytes.set(source.subarray(start, end), at);
    else for (let index = start; index < end; index++) bytes[at + index - start] = source[index] ?? 0;
  }

  /** Makes room at the end and says where. Call it first, then take `bytes` or `data`: it may replace both. */
  protected reserve(extra: number): number {
    const start = this.length;
    this.length = start + extra;
    if (this.length > this.bytes.length) this.grow();
    return start;
  }

  private grow(): void {
    const capacity = Math.max(this.length, this.bytes.length * 2);
    // Moves the bytes and gives the old ones back at once, which a collection would do much later.
    this.bytes = new Uint8Array(this.bytes.buffer.transfer(capacity));
    this.data = new DataView(this.bytes.buffer);
  }
}

/** From here on making a view is cheaper than copying byte by byte. */
const LONG = 64;
