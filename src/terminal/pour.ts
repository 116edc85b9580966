const BLOCK_CHARACTERS = 1 << 16;

/** A long text, piece by piece. */
export type Pieces = Iterable<string> | AsyncIterable<string>;

/** Writes to a stream at its reader's pace. @returns whether the reader took all of it */
export async function pour(
  pieces: Pieces,
  stream: NodeJS.WritableStream,
  signal: AbortSignal,
): Promise<boolean> {
  let block = "";
  for await (const piece of pieces) {
    block += piece;
    if (block.length < BLOCK_CHARACTERS) continue;
    signal.throwIfAborted();
    if (!(await isTaken(stream, block))) return false;
    block = "";
  }
  return isTaken(stream, block);
}

const isTaken = (stream: NodeJS.WritableStream, text: string): Promise<boolean> =>
  new Promise((resolve, reject) =>
    stream.write(text, (error: NodeJS.ErrnoException | null | undefined) => {
      if (error && error.code !== "EPIPE") reject(error);
      else resolve(!error);
    }),
  );
