/** A reusable buffer that grows as bytes are appended. The Protocol Buffers and JSON writers are built on it. */
export class GrowingBuffer {
  /** Number of bytes written. Set it back to overwrite them. */
  length = 0;
  /** Allocated space; replaced when it grows. */
  protected bytes: Uint8Array<ArrayBuffer>;
  protected data: DataView;

  /** @param capacity initial size in bytes */
  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity);
    this.data = new DataView(this.bytes.buffer);
  }

  /** What was written since `from`: a view, valid until the next write. */
  view(from = 0): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(from, this.length);
  }

  append(source: Uint8Array): void {
    const start = this.reserve(source.length);
    this.bytes.set(source, start);
  }

  /** Copies part of `source` without creating a view of it, which is faster for many short parts. */
  appendPart(source: Uint8Array, start: number, end: number): void {
    const at = this.reserve(end - start);
    const { bytes } = this;
    if (end - start > LONG) bytes.set(source.subarray(start, end), at);
    else for (let index = start; index < end; index++) bytes[at + index - start] = source[index] ?? 0;
  }

  /** Makes room at the end and returns its offset. Call it before taking `bytes` or `data`: it may replace both. */
  protected reserve(extra: number): number {
    const start = this.length;
    this.length = start + extra;
    if (this.length > this.bytes.length) this.grow();
    return start;
  }

  private grow(): void {
    const capacity = Math.max(this.length, this.bytes.length * 2);
    // Moves the bytes and frees the old ones at once; the garbage collector would do so much later.
    this.bytes = new Uint8Array(this.bytes.buffer.transfer(capacity));
    this.data = new DataView(this.bytes.buffer);
  }
}

/** From this length on, a view is cheaper than copying byte by byte. */
const LONG = 64;
