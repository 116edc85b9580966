/** Whether a file of zstd frames is whole: the decoder says nothing of one that was cut off. */
import type { OpenedFile } from "../../storage/replaced-file.ts";
import { sleep } from "../../units/sleep.ts";

const MAGIC = 0xfd2fb528;
/** The first of sixteen, whose content is left out. */
const SKIPPED = 0x184d2a50;
/** The longest header of a frame. Bytes */
const HEADER_MAX = 18;
const CHECKSUM = 4;
const BLOCK_HEADER = 3;
/** After so many steps other work has its turn. */
const AT_ONCE = 4_096;

/** Goes from header to header to the end. @throws Error when that is not where the last frame ends; what the system throws */
export async function requireWhole(file: OpenedFile, signal: AbortSignal): Promise<void> {
  const { bytes } = file.entry();
  const step = createSteps(file);
  let at = 0;
  for (let steps = 0; at < bytes; steps += 1) {
    if (steps % AT_ONCE === 0) await sleep(0, signal);
    at = step.from(at);
  }
  if (at !== bytes || step.isWithin()) throw new Error("it is cut off, or something follows it");
}

/** One header after another (RFC 8878 §3.1.1). */
function createSteps(file: OpenedFile) {
  const room = Buffer.alloc(HEADER_MAX);
  /** Within a frame: how many bytes follow its last block. */
  let after: number | undefined;
  return {
    isWithin: () => after !== undefined,
    /** @returns where the next header is */
    from(at: number): number {
      const read = file.read(room, at);
      if (after === undefined) return at + frame(room.subarray(0, read));
      const block = blockOf(room.subarray(0, read));
      const next = at + BLOCK_HEADER + block.bytes + (block.isLast ? after : 0);
      if (block.isLast) after = undefined;
      return next;
    },
  };

  function frame(header: Buffer): number {
    if (header.length < 8) throw new Error("it is cut off");
    const magic = header.readUInt32LE(0);
    if ((magic & ~0xf) >>> 0 === SKIPPED) return 8 + header.readUInt32LE(4);
    if (magic !== MAGIC) throw new Error("it is no zstd frame");
    const descriptor = header.readUInt8(4);
    after = (descriptor & 4) === 0 ? 0 : CHECKSUM;
    return 5 + sizesIn(descriptor);
  }
}

/** How long the window, the dictionary's number and the content's size are in a frame's header. Bytes */
function sizesIn(descriptor: number): number {
  const isSingle = (descriptor & 0x20) !== 0;
  const size = [isSingle ? 1 : 0, 2, 4, 8][descriptor >>> 6] ?? 0;
  return (isSingle ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] ?? 0) + size;
}

function blockOf(header: Buffer): { readonly bytes: number; readonly isLast: boolean } {
  if (header.length < BLOCK_HEADER) throw new Error("it is cut off");
  const head = header.readUIntLE(0, BLOCK_HEADER);
  const kind = (head >>> 1) & 3;
  if (kind === 3) throw new Error("it is damaged");
  // One byte that is repeated.
  return { bytes: kind === 1 ? 1 : head >>> 3, isLast: (head & 1) === 1 };
}
