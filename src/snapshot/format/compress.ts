import { promisify } from "node:util";
import { constants, zstdCompress } from "node:zlib";
import { SnapshotError } from "./errors.ts";

const compressAsync = promisify(zstdCompress);

/** One block as one zstd frame with its content checksum and size, so that it can be read alone and proves itself. */
export const compressBlock = (bytes: Uint8Array): Promise<Uint8Array> =>
  compressAsync(bytes, {
    params: { [constants.ZSTD_c_checksumFlag]: 1, [constants.ZSTD_c_contentSizeFlag]: 1 },
  });

/**
 * The block's bytes again. Uses `Bun.zstdDecompress`, which refuses a truncated frame; the decoder of `node:zlib` does not.
 * @throws SnapshotError when the frame is damaged or is not `raw` bytes long.
 */
export async function decompressBlock(frame: Uint8Array, raw: number): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await Bun.zstdDecompress(frame);
  } catch (cause) {
    throw new SnapshotError("its zstd frame is damaged", { cause });
  }
  if (bytes.length !== raw) throw new SnapshotError(`holds ${bytes.length} bytes instead of ${raw}`);
  return bytes;
}
