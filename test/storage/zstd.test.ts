/** One zstd frame is unpacked whole, in bounds, or not at all. */
import { expect, test } from "bun:test";
import { unpackFrame } from "../../src/storage/zstd.ts";

const filled = (length: number): Uint8Array => new Uint8Array(length).fill(7);

test.each([0, 1, 8, 100, 255, 256, 300, 70_000, 1 << 20])("%i bytes come back", (length) => {
  const frame = Bun.zstdCompressSync(filled(length));
  expect(unpackFrame(frame, length).length).toBe(length);
});

test("what is cut anywhere, or holds more than it may, is refused", () => {
  const frame = Bun.zstdCompressSync(filled(300));
  for (let length = 0; length < frame.length; length += 1)
    expect(() => unpackFrame(frame.subarray(0, length), 300)).toThrow();
  expect(() => unpackFrame(frame, 299)).toThrow("the limit is 299");
});
