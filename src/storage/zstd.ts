import { zstdDecompressSync } from "node:zlib";

const MAGIC = 0xfd2fb528;

/**
 * Decompresses one zstd frame into as much memory as it claims to need.
 * @param most size limit of its content, bytes
 * @throws Error when it is damaged, is not a single whole frame, or holds more
 */
export function unpackFrame(frame: Uint8Array, most: number): Buffer {
  const size = contentSize(frame);
  if (size === undefined) throw new Error("it is not a zstd frame with a content size");
  if (size > most) throw new Error(`it holds ${size} bytes, and the limit is ${most}`);
  const content = zstdDecompressSync(frame, { maxOutputLength: size + 1, chunkSize: Math.max(64, size + 1) });
  // The decoder silently returns what it has of a truncated frame.
  if (content.length !== size) throw new Error(`it is incomplete: ${content.length} of ${size} bytes`);
  return content;
}

/** Frame_Content_Size (RFC 8878 §3.1.1.1.4), if the frame has one. */
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
