/** A file of a copy, of which only the parts that are read are fetched. */
import type { ByteRange } from "../../contract/contract.ts";
import type { StoredFile } from "../../storage/storage.ts";

/** The file's own bytes, whatever its stored form is. */
export interface Ranged {
  readonly bytes: number;
  /** All bytes of the range. */
  fetch(range: ByteRange): Promise<Uint8Array>;
}

/** At most this much is fetched before it is asked for. Bytes. */
const AHEAD_MAX = 4 << 20;

/** And at most this share of what was asked for in one go: so no more is fetched in vain. */
const AHEAD_SHARE = 0.1;

/**
 * Opens a file for one reader. Who reads on where he ended is likely to go on, so a growing part of what follows is fetched with
 * it: many small parts then cost few calls.
 */
export function rangedFile({ bytes, fetch }: Ranged): StoredFile {
  let held: Uint8Array = new Uint8Array(0);
  let start = 0;
  let end = 0;
  let run = 0;
  const fill = async (from: number, to: number): Promise<void> => {
    const rest = held.subarray(from - start);
    const ahead = Math.min(AHEAD_MAX, Math.floor(run * AHEAD_SHARE), bytes - to);
    const fetched = await fetch({ from: from + rest.length, to: to + ahead });
    held = rest.length === 0 ? fetched : Buffer.concat([rest, fetched]);
    start = from;
  };
  return {
    ahead: 0,
    size: async () => bytes,
    async read(buffer, position) {
      const to = Math.min(bytes, position + buffer.length);
      if (to <= position) return 0;
      run = position === end ? run + (to - position) : to - position;
      end = to;
      const isHeld = position >= start && position <= start + held.length;
      if (!isHeld) held = new Uint8Array(0);
      if (!isHeld) start = position;
      if (to > start + held.length) await fill(position, to);
      buffer.set(held.subarray(position - start, to - start));
      return to - position;
    },
    close: async () => {
      held = new Uint8Array(0);
    },
  };
}

/** A small file that was fetched as a whole. */
export const heldFile = (content: Uint8Array): StoredFile => ({
  size: async () => content.length,
  async read(buffer, position) {
    const part = content.subarray(position, position + buffer.length);
    buffer.set(part);
    return part.length;
  },
  close: async () => {},
});
