import { PluginError } from "contextcore";

/** What Prometheus' own client accepts at most; a longer frame is a damaged length. */
const FRAME_BYTES_MAX = 50_000_000;

/**
 * Cuts a streamed remote read answer into its frames: uvarint length, big-endian CRC-32C, payload
 * (prometheus `storage/remote/chunked.go`).
 *
 * The server sends status 200 first, so a later failure is appended as plain text: only an end on a frame's border
 * is an end.
 */
export class FrameReader {
  private buffer = new Uint8Array(65_536);
  private start = 0;
  private end = 0;
  private readonly server: string;

  /** @param server names the server in messages */
  constructor(server: string) {
    this.server = server;
  }

  /**
   * Adds a piece of the body and yields the payloads that are whole. Each is a view that the next piece overwrites.
   * @throws PluginError `temporary` when checksum mismatch
   */
  *push(piece: Uint8Array): Generator<Uint8Array> {
    this.append(piece);
    for (;;) {
      const header = this.header();
      if (header === undefined || this.end - header.payload < header.length) return;
      const { payload, length } = header;
      if (crc32c(this.buffer, payload, payload + length) !== header.checksum)
        throw this.failure("checksum mismatch");
      this.start = payload + length;
      yield this.buffer.subarray(payload, payload + length);
    }
  }

  /** The body is over. @throws PluginError `temporary` when that was in the middle of a frame, or an error text follows */
  finish(): void {
    if (this.start < this.end) throw this.failure("it ended in the middle of a frame");
  }

  private header(): { length: number; checksum: number; payload: number } | undefined {
    let length = 0;
    for (let index = 0; ; index++) {
      const byte = this.start + index < this.end ? this.buffer[this.start + index] : undefined;
      if (byte === undefined) return undefined;
      length += (byte & 0x7f) * 2 ** (7 * index);
      if (length > FRAME_BYTES_MAX || index > 4) throw this.failure("a frame's length makes no sense");
      if (byte < 0x80) return this.checksum(length, this.start + index + 1);
    }
  }

  private checksum(length: number, at: number) {
    if (at + 4 > this.end) return undefined;
    const checksum = new DataView(this.buffer.buffer, at, 4).getUint32(0);
    return { length, checksum, payload: at + 4 };
  }

  private append(piece: Uint8Array): void {
    const kept = this.end - this.start;
    if (this.end + piece.length > this.buffer.length) {
      const larger =
        kept + piece.length > this.buffer.length
          ? new Uint8Array(Math.max(kept + piece.length, this.buffer.length * 2))
          : this.buffer;
      larger.set(this.buffer.subarray(this.start, this.end));
      this.buffer = larger;
      this.start = 0;
      this.end = kept;
    }
    this.buffer.set(piece, this.end);
    this.end += piece.length;
  }

  private failure(what: string): PluginError {
    const rest = this.buffer.subarray(this.start, Math.min(this.end, this.start + 400));
    const said = printable(rest);
    return said === undefined
      ? new PluginError("temporary", `${this.server}: the streamed answer is damaged: ${what}`)
      : new PluginError("temporary", `${this.server}: the streamed answer ended with an error: ${said}`);
  }
}

/** The bytes as text when that is what they are. */
function printable(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).toString("utf8").trim();
  return text.length > 3 && /^[\t\n\r\x20-\x7e]+$/.test(text) ? text.replace(/\s+/g, " ") : undefined;
}

/** CRC-32C (Castagnoli), as Prometheus puts before each frame and after each chunk. Four bytes a turn ("slicing by 4"). */
const POLYNOMIAL = 0x82f63b78;

const tables = Array.from({ length: 4 }, () => new Uint32Array(256));
const [T0, T1, T2, T3] = tables as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];

for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  T0[byte] = crc;
}
for (let slice = 1; slice < 4; slice++) {
  for (let byte = 0; byte < 256; byte++) {
    const before = tables[slice - 1]?.[byte] ?? 0;
    (tables[slice] as Uint32Array)[byte] = (before >>> 8) ^ (T0[before & 0xff] ?? 0);
  }
}

/** The checksum of `bytes[start, end)`, unsigned. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let crc = -1;
  let position = start;
  for (; position + 4 <= end; position += 4) {
    crc ^=
      (bytes[position] ?? 0) |
      ((bytes[position + 1] ?? 0) << 8) |
      ((bytes[position + 2] ?? 0) << 16) |
      ((bytes[position + 3] ?? 0) << 24);
    crc =
      (T3[crc & 0xff] ?? 0) ^
      (T2[(crc >>> 8) & 0xff] ?? 0) ^
      (T1[(crc >>> 16) & 0xff] ?? 0) ^
      (T0[crc >>> 24] ?? 0);
  }
  for (; position < end; position++) crc = (T0[(crc ^ (bytes[position] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}
