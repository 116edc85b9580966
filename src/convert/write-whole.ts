import { open, rename, rm } from "node:fs/promises";

const FLUSH_CHARACTERS = 1 << 20;

/** Writes text that comes in pieces, under a temporary name until it is all there and on the disk. */
export async function writeWhole(
  path: string,
  pieces: AsyncIterable<string>,
  signal: AbortSignal,
): Promise<void> {
  const temporary = `${path}.partial`;
  await rm(temporary, { force: true });
  const handle = await open(temporary, "wx"); // a link that has its name is not followed
  try {
    let held = "";
    for await (const piece of pieces) {
      signal.throwIfAborted();
      held += piece;
      if (held.length < FLUSH_CHARACTERS) continue;
      await handle.writeFile(held);
      held = "";
    }
    await handle.writeFile(held);
    await handle.sync();
    await handle.close();
    await rename(temporary, path);
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(temporary, { force: true });
    throw error;
  }
}
