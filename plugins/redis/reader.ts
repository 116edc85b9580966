/** Bytes as they come from a socket, taken in the portions that a protocol speaks of. */
import { PluginError } from "contextcore";

/** Reads from a connection. Every method throws PluginError `temporary` when it ends first. */
export interface ByteSource {
  /** A line without its `\r\n`. */
  line(): Promise<string>;
  /** Exactly so many bytes. */
  exactly(length: number): Promise<Buffer>;
  /** Whatever has arrived, at most so many bytes, at least one. */
  some(most: number): Promise<Buffer>;
}

/** Longer lines are no replies: errors are the longest. Bytes. */
const LINE_MAX = 64 * 1024;

/** Reads from the pieces in order. */
export function createByteSource(pieces: AsyncIterator<Buffer>, where: string): ByteSource {
  let held: Buffer = Buffer.alloc(0);
  const more = async (): Promise<Buffer> => {
    const { done, value } = await pieces.next();
    if (done === true) throw new PluginError("temporary", `${where} closed the connection`);
    return value;
  };
  const take = (length: number): Buffer => {
    const taken = held.subarray(0, length);
    held = held.subarray(length);
    return taken;
  };
  return {
    async line() {
      for (let from = 0; ; ) {
        const end = held.indexOf(10, from);
        if (end >= 0)
          return take(end + 1)
            .toString("latin1")
            .replace(/\r?\n$/, "");
        if (held.length > LINE_MAX)
          throw new PluginError("invalid", `${where} does not speak the Redis protocol`);
        from = held.length;
        held = Buffer.concat([held, await more()]);
      }
    },
    async exactly(length) {
      const parts: Buffer[] = [];
      for (let missing = length; missing > 0; ) {
        if (held.length === 0) held = await more();
        const part = take(Math.min(missing, held.length));
        parts.push(part);
        missing -= part.length;
      }
      const [only] = parts;
      return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
    },
    async some(most) {
      if (held.length === 0) held = await more();
      return take(most);
    },
  };
}
