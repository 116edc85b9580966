import { zstdDecompressSync } from "node:zlib";

const MAGIC = 0xfd2fb528;

/**
 * What one zstd frame holds, in memory of as much as it says.
 * @param most bytes that it may hold
 * @throws Error when it is damaged, is no single whole frame, or holds more
 */
export function unpackFrame(frame: Uint8Array, most: number): Buffer {
  const size = contentSize(frame);
  if (size === undefined) throw new Error("it is no zstd frame that says how much it holds");
  if (size > most) throw new Error(`it holds ${size} bytes; more than ${most} are not read`);
  const content = zstdDecompressSync(frame, { maxOutputLength: size + 1, chunkSize: Math.max(64, size + 1) });
  // The decoder gives what it has of a frame that was cut, and says nothing.
  if (content.length !== size) throw new Error(`it is not whole: ${content.length} of ${size} bytes`);
  return content;
}

/** Frame_Content_Size (RFC 8878 §3.1.1.1.4), where the frame has it. */
function contentSize(frame: Uint8Array): number | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  if (frame.length < 5 || view.getUint32(0, true) !== MAGIC) return undefined;
  const descriptor = view.getUint8(4);
  const isSingle = (descriptor & 0x20) !== 0;
  const at = 5 + (isSingle ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  const bytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >>> 6] ?? 0;
  if (frame.length < at + bytes) return undefined;
  if (bytes === 1) return view.getUint8(at);
  if (bytes === 2) return view.getUint16(at, true) + 256;
  if (bytes === 4) return view.getUint32(at, true);
  return bytes === 8 ? Number(view.getBigUint64(at, true)) : undefined;
}
