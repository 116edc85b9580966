import { untilListed, type WaitOptions } from "./waits.ts";

/** Once in an export, between the reading and the count, the list of blocks is waited for. */
export interface Listing {
  /** To be told that something was read. */
  noteRead(): void;
  /** Returns when what was there while it was read is counted; at once when nothing was read. @throws as {@link untilListed} */
  untilListed(options: WaitOptions, signal: AbortSignal): Promise<void>;
}

/** However many counts are asked for at once, they wait together; one that fails is waited for again. */
export function createListing(): Listing {
  let hasRead = false;
  let waiting: Promise<void> | undefined;
  return {
    noteRead() {
      hasRead = true;
    },
    async untilListed(options, signal) {
      if (!hasRead) return;
      waiting ??= untilListed(options, signal);
      const one = waiting;
      await one.catch((error) => {
        if (waiting === one) waiting = undefined;
        throw error;
      });
    },
  };
}
