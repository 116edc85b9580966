const BLOCK_CHARACTERS = 1 << 16;

/** Writes to a stream at its reader's pace. @returns whether the reader took all of it */
export async function pour(
  pieces: Iterable<string>,
  stream: NodeJS.WritableStream,
  signal: AbortSignal,
): Promise<boolean> {
  let block = "";
  for (const piece of pieces) {
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
