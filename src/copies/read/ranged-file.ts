/** A file of a copy, of which only the parts that are read are fetched. */
import type { ByteRange } from "../../contract/contract.ts";
import type { StoredFile } from "../../storage/storage.ts";

/** The file's own bytes, whatever its stored form is. */
export interface Ranged {
  readonly bytes: number;
  /** What is fetched as a whole, whatever is asked for of it: of encrypted files the chunk. Bytes; default 1. */
  readonly unit?: number;
  /** All bytes of the range. @param into where they may be put: as long as the range */
  fetch(range: ByteRange, into?: Uint8Array): Promise<Uint8Array>;
}

/** At most this much is fetched before it is asked for. Bytes. */
const AHEAD_MAX = 4 << 20;

/** And at most this share of what was read on in one go: so no more is fetched in vain, and of a single part nothing. */
const AHEAD_SHARE = 0.05;

/** So much is worth a call of its own, and is put where it is wanted. Bytes. */
const LARGE = 2 << 20;

const NOTHING: Uint8Array = new Uint8Array(0);

/**
 * Opens a file for one reader. Who reads on where he ended is likely to go on, so a growing part of what follows is fetched with
 * it: many small parts then cost few calls.
 */
export function rangedFile({ bytes, unit = 1, fetch }: Ranged): StoredFile {
  let held = NOTHING;
  let start = 0;
  let end = 0;
  let run = 0;
  /** Fetches what fills the room, and perhaps some of what follows. */
  const fill = async (room: Uint8Array, from: number): Promise<void> => {
    const to = from + room.length;
    if (room.length >= LARGE) {
      held = NOTHING;
      return putInto(room, await fetch({ from, to }, room));
    }
    const ahead = Math.min(AHEAD_MAX, Math.floor(run * AHEAD_SHARE));
    // Whoever reads on begins behind a whole unit, so none is fetched twice.
    const until = Math.min(bytes, Math.ceil((to + ahead) / unit) * unit);
    held = await fetch({ from, to: until });
    start = from;
    room.set(held.subarray(0, room.length));
  };
  return {
    ahead: 0,
    size: async () => bytes,
    async read(buffer, position) {
      const to = Math.min(bytes, position + buffer.length);
      if (to <= position) return 0;
      run = position === end ? run + (to - position) : 0;
      end = to;
      const isHeld = position >= start && position <= start + held.length;
      const known = isHeld ? held.subarray(position - start, to - start) : NOTHING;
      buffer.set(known);
      const rest = buffer.subarray(known.length, to - position);
      if (rest.length > 0) await fill(rest, position + known.length);
      return to - position;
    },
    close: async () => {
      held = NOTHING;
    },
  };
}

/** Puts bytes into a room as long as they are, unless they are there. */
function putInto(room: Uint8Array, bytes: Uint8Array): void {
  if (bytes.buffer !== room.buffer || bytes.byteOffset !== room.byteOffset) room.set(bytes);
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
