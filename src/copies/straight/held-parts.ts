/**
 * What was exported last, in a temporary file of a fixed size: in a place with recipients nothing can be read back, and what the
 * server counts higher is compared with what was read. Beyond that size the oldest is given up.
 */
import { tmpdir } from "node:os";
import type { Block } from "../../snapshot/format/block.ts";
import { kindOf } from "../../snapshot/format/file-totals.ts";
import { freeBytes } from "../../storage/free-space.ts";
import { openScratch } from "../../storage/scratch.ts";
import type { StraightPart } from "./parts.ts";

/** Files of lines that this run has written. */
export interface HeldParts {
  add(part: StraightPart): void;
  /** The content of a file, as it was stored before it was encrypted; `undefined` when it is not held any more. */
  get(path: string): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  has(path: string): boolean;
  close(): void;
}

/** How much is held. Bytes */
const HELD_PARTS_BYTES = 512 << 20;

/** @param most bytes; default: no more than a quarter of what the temporary directory has free */
export function createHeldParts(
  most = Math.min(HELD_PARTS_BYTES, Math.floor((freeBytes(tmpdir()) ?? 0) / 4)),
): HeldParts {
  const scratch = openScratch();
  let isFull = false;
  const places = new Map<string, { readonly at: number; readonly bytes: number }>();
  let end = 0;

  /** Ends of the file are not written over: a file lies in one piece. */
  const roomFor = (bytes: number): number =>
    (end % most) + bytes > most ? end + (most - (end % most)) : end;
  const isHeld = ({ at }: { readonly at: number }): boolean => at + most >= end;
  return {
    add({ path, bytes, blocks }) {
      if (isFull || bytes.length > most || !blocks.some(isLines)) return;
      const at = roomFor(bytes.length);
      try {
        scratch.write(bytes, at % most);
      } catch {
        // Nothing is lost but what could be compared: from now on nothing is held.
        isFull = true;
        return places.clear();
      }
      end = at + bytes.length;
      // At the end of the map, also if a file of this name was taken back before.
      places.delete(path);
      places.set(path, { at, bytes: bytes.length });
      for (const [name, place] of places) {
        if (isHeld(place)) break;
        places.delete(name);
      }
    },
    has: (path) => places.has(path),
    async get(path) {
      const place = places.get(path);
      if (place === undefined) return undefined;
      const content = Buffer.allocUnsafeSlow(place.bytes);
      await scratch.file().read(content, place.at % most);
      return content;
    },
    close: scratch.close,
  };
}

const isLines = (block: Block): boolean => kindOf(block) === "records";
