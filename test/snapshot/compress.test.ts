/** A compressed block is a zstd frame that says how much it holds, and whose damage any zstd finds. */
import { expect, test } from "bun:test";
import { zstdDecompressSync } from "node:zlib";
import { compressBlock, decompressBlock } from "../../src/snapshot/format/compress.ts";

const SIZES = [0, 1, 255, 256, 65_791, 65_792, 1 << 20, 9_000_000];

test.each(SIZES)("%d bytes are a frame with their number and a checksum", async (size) => {
  const bytes = Buffer.alloc(size, "text that repeats; ");
  const frame = await compressBlock(bytes);
  expect(bytes.equals(await decompressBlock(frame, size))).toBe(true);
  // https://www.rfc-editor.org/rfc/rfc8878#name-frame_header_descriptor: it tells its size, and a checksum ends it.
  const [descriptor = 0] = frame.subarray(4);
  expect([(descriptor & 0b1110_0000) > 0, (descriptor & 0b0000_0100) > 0]).toEqual([true, true]);
  expect(bytes.equals(zstdDecompressSync(frame))).toBe(true);
  const damaged = Buffer.from(frame);
  damaged[frame.length - 1] = (frame.at(-1) ?? 0) ^ 1;
  expect(() => zstdDecompressSync(damaged)).toThrow();
  await expect(decompressBlock(damaged, size)).rejects.toThrow("its zstd frame is damaged");
});
