/** The contents of a batch's lines, taken one after another from the stream that they come in. */
import { PluginError } from "contextcore";

/** The rest of the stream. */
export interface Contents {
  /** The next bytes, exactly so many, in pieces. What of them is not read is {@link Contents.skip passed over}. */
  next(bytes: number): AsyncIterable<Uint8Array>;
  skip(): Promise<void>;
  /** Why nothing more can be read: no fault of the file that was to have it. */
  failure(): unknown;
}

/** @param stream of every line's content, in their order */
export function createContents(stream: AsyncIterable<Uint8Array>): Contents {
  const pieces = stream[Symbol.asyncIterator]();
  let piece: Uint8Array = new Uint8Array();
  let wanted = 0;
  let failure: unknown;
  const pull = async (): Promise<Uint8Array> => {
    if (failure !== undefined) throw failure;
    try {
      const next = await pieces.next();
      if (!next.done) return next.value;
      throw new PluginError("invalid", "files: the contents end too soon");
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  async function* rest(): AsyncGenerator<Uint8Array> {
    while (wanted > 0) {
      while (piece.length === 0) piece = await pull();
      const part = piece.subarray(0, wanted);
      piece = piece.subarray(part.length);
      wanted -= part.length;
      yield part;
    }
  }
  return {
    next(bytes) {
      wanted = bytes;
      return rest();
    },
    async skip() {
      for await (const _ of rest());
    },
    failure: () => failure,
  };
}
