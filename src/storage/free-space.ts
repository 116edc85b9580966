/** How much room a disk has. */
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";

/** Free bytes where the directory is or will be. `undefined`: the system did not say. */
export async function freeBytes(directory: string): Promise<number | undefined> {
  for (let place = directory; ; place = dirname(place)) {
    const found = await statfs(place).catch(() => undefined);
    if (found !== undefined) return found.bavail * found.bsize;
    if (dirname(place) === place) return undefined;
  }
}
