/** Writes that may fail and must not be lost: where the disk is full, work goes on, and what it came to is written later. */
import { messageOf } from "../../units/message-of.ts";

/** See {@link createWrites}. */
interface Writes {
  /** @param key a later write with the same key takes the place of one that failed */
  write(key: string, work: () => void): void;
  /** Tries once more what failed. */
  again(): void;
  /** Why the last write failed; `undefined`: everything is written. */
  readonly failure: string | undefined;
}

/** Writes of one service. */
export function createWrites(): Writes {
  const unwritten = new Map<string, () => void>();
  let failure: string | undefined;
  const write = (key: string, work: () => void): void => {
    try {
      work();
      unwritten.delete(key);
      if (unwritten.size === 0) failure = undefined;
    } catch (error) {
      unwritten.set(key, work);
      failure = messageOf(error);
    }
  };
  return {
    write,
    again: () => {
      for (const [key, work] of [...unwritten]) write(key, work);
    },
    get failure() {
      return failure;
    },
  };
}
