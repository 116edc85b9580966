import { type NewObject, PluginError } from "contextcore";
import { sha256Of } from "./sign.ts";

/** Bytes that come in pieces of any length, taken in lengths of ours. */
export interface Filler {
  /** Fills the buffer. @returns how many bytes it got: fewer only at the end */
  fill(buffer: Uint8Array): Promise<number>;
  /** Whether nothing more comes. */
  isAtEnd(): Promise<boolean>;
  /** Lets go of what was not taken. */
  end(): Promise<void>;
}

/** @throws the signal's reason, at the next piece */
export function createFiller(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Filler {
  const pieces = bytes[Symbol.asyncIterator]();
  let rest: Uint8Array | undefined = new Uint8Array(0);
  /** @param room where the next piece may be put */
  const refill = async (room?: Uint8Array): Promise<void> => {
    while (rest !== undefined && rest.length === 0) {
      const piece = await pieces.next(room);
      signal.throwIfAborted();
      rest = piece.done ? undefined : piece.value;
    }
  };
  return {
    async fill(buffer) {
      let done = 0;
      for (; done < buffer.length; ) {
        const room = buffer.subarray(done);
        await refill(room);
        if (rest === undefined) break;
        const taken = rest.subarray(0, room.length);
        if (!isBeginning(taken, room)) room.set(taken);
        done += taken.length;
        rest = rest.subarray(taken.length);
      }
      return done;
    },
    async isAtEnd() {
      await refill();
      return rest === undefined;
    },
    end: async () => void (await pieces.return?.()),
  };
}

const isBeginning = (piece: Uint8Array, room: Uint8Array): boolean =>
  piece.buffer === room.buffer && piece.byteOffset === room.byteOffset;

/** All of a small object's bytes. @param body has its length @throws PluginError `invalid` when they are not those that were announced */
export async function wholeOf(
  { name, size, sha256, bytes, isChecked = false }: NewObject,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const filler = createFiller(bytes, signal);
  try {
    const came = await filler.fill(body);
    if (came < size || !(await filler.isAtEnd())) throw otherSize(name, size, came < size);
    if (!isChecked && sha256Of(body) !== sha256) throw otherBytes(name);
    return body;
  } finally {
    await filler.end();
  }
}

/** Not as many bytes came as were announced. */
export const otherSize = (name: string, size: number, isLess: boolean): PluginError =>
  new PluginError("invalid", `of ${name} came ${isLess ? "less" : "more"} than ${size} bytes`);

/** Other bytes came than were announced. */
export const otherBytes = (name: string): PluginError =>
  new PluginError("invalid", `${name}: checksum mismatch`);
