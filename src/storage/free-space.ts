import { statfsSync } from "node:fs";
import { dirname } from "node:path";

/** Bytes that are free for us where a directory is or will be. `undefined`: the system does not say. */
export function freeBytes(directory: string): number | undefined {
  for (let place = directory; ; place = dirname(place)) {
    try {
      const { bavail, bsize } = statfsSync(place);
      return bavail * bsize;
    } catch {
      // It is not there yet, or says nothing; what is above it may.
      if (dirname(place) === place) return undefined;
    }
  }
}
