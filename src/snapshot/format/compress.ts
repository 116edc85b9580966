import { promisify } from "node:util";
import { type ZstdOptions, zstdDecompress } from "node:zlib";
import { systemCode } from "../../units/system-refusal.ts";
import { SnapshotError } from "./errors.ts";
import { BLOCK_BYTES_MAX } from "./limits.ts";

const decompressAsync: (frame: Uint8Array, options: ZstdOptions) => Promise<Uint8Array> =
  promisify(zstdDecompress);

/** In a frame's header, which follows four bytes that say that it is one. */
const DESCRIPTOR = 4;
const HAS_CHECKSUM = 1 << 2;
const CHECKSUM_BYTES = 4;

/**
 * One block as one zstd frame with checksum and size, so that it can be read and checked alone. What compresses in one go, which
 * is faster and takes less memory than what compresses a stream, leaves out the checksum.
 * https://www.rfc-editor.org/rfc/rfc8878#name-frame-header
 */
export async function compressBlock(bytes: Uint8Array): Promise<Uint8Array> {
  const frame = await Bun.zstdCompress(bytes, { level: 3 });
  const checked = Buffer.allocUnsafe(frame.length + CHECKSUM_BYTES);
  checked.set(frame);
  checked[DESCRIPTOR] = (frame[DESCRIPTOR] ?? 0) | HAS_CHECKSUM;
  checked.writeUInt32LE(Number(Bun.hash.xxHash64(bytes) & 0xffff_ffffn), frame.length);
  return checked;
}

/**
 * Decompresses a block into as much memory as it claims to need, and stops if there is more. A truncated frame gives less.
 * @throws SnapshotError when the frame is damaged or does not hold `raw` bytes.
 */
export async function decompressBlock(frame: Uint8Array, raw: number): Promise<Uint8Array> {
  requireReadable(raw);
  let bytes: Uint8Array;
  try {
    // One byte more than claimed, so that the decoder sees the end without asking for more room.
    bytes = await decompressAsync(frame, { maxOutputLength: raw + 1, chunkSize: Math.max(64, raw + 1) });
  } catch (cause) {
    if (isTooMuch(cause))
      throw new SnapshotError(`holds more than the ${raw} bytes that it claims`, { cause });
    throw new SnapshotError("its zstd frame is damaged", { cause });
  }
  if (bytes.length !== raw) throw new SnapshotError(`holds ${bytes.length} bytes instead of ${raw}`);
  return bytes;
}

const isTooMuch = (error: unknown): boolean => systemCode(error) === "ERR_BUFFER_TOO_LARGE";

/** @throws SnapshotError for a block larger than any that we write */
export function requireReadable(bytes: number): void {
  if (bytes > BLOCK_BYTES_MAX)
    throw new SnapshotError(`claims ${bytes} bytes; a block has at most ${BLOCK_BYTES_MAX}`);
}
