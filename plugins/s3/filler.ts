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
  const refill = async (): Promise<void> => {
    while (rest !== undefined && rest.length === 0) {
      const piece = await pieces.next();
      signal.throwIfAborted();
      rest = piece.done ? undefined : piece.value;
    }
  };
  return {
    async fill(buffer) {
      let done = 0;
      for (; done < buffer.length; ) {
        await refill();
        if (rest === undefined) break;
        const taken = rest.subarray(0, buffer.length - done);
        buffer.set(taken, done);
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

/** All of a small object's bytes. @throws PluginError `invalid` when they are not those that were announced */
export async function wholeOf(
  { name, size, sha256, bytes }: NewObject,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const filler = createFiller(bytes, signal);
  try {
    const body = new Uint8Array(size);
    const came = await filler.fill(body);
    if (came < size || !(await filler.isAtEnd())) throw otherSize(name, size, came < size);
    if (sha256Of(body) !== sha256) throw otherBytes(name);
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
  new PluginError("invalid", `the bytes of ${name} do not match its SHA-256`);
