import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { type ByteRange, PluginError } from "contextcore";
import { classified } from "./errors.ts";

const PIECE_BYTES = 1 << 20;
const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/** The file's bytes, or those of a range, in pieces. @throws PluginError */
export async function* readPieces(
  root: string,
  name: string,
  range: ByteRange | undefined,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const file = join(root, name);
  const handle = await classified(root, () => open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  try {
    const { size } = await classified(root, () => handle.stat());
    const { from, to } = range ?? { from: 0, to: size };
    if (to > size) throw new PluginError("invalid", `${name} has ${size} bytes, and not ${to}, in ${root}`);
    for (let at = from; at < to; at += PIECE_BYTES) {
      signal.throwIfAborted();
      const buffer = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, to - at));
      yield await classified(root, () => filled(handle, buffer, at, file));
    }
  } finally {
    await handle.close();
  }
}

async function filled(handle: FileHandle, buffer: Buffer, at: number, file: string): Promise<Buffer> {
  for (let done = 0; done < buffer.length; ) {
    const { bytesRead } = await handle.read(buffer, done, buffer.length - done, at + done);
    if (bytesRead === 0) throw new PluginError("temporary", `${file} became shorter while it was read`);
    done += bytesRead;
  }
  return buffer;
}
