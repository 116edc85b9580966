const BLOCK_CHARACTERS = 1 << 16;

/** Writes to a stream no faster than its reader takes it. */
export async function pour(
  pieces: Iterable<string>,
  stream: NodeJS.WritableStream,
  signal: AbortSignal,
): Promise<void> {
  let block = "";
  for (const piece of pieces) {
    block += piece;
    if (block.length < BLOCK_CHARACTERS) continue;
    signal.throwIfAborted();
    await write(stream, block);
    block = "";
  }
  await write(stream, block);
}

const write = (stream: NodeJS.WritableStream, text: string): Promise<void> =>
  new Promise((resolve, reject) => stream.write(text, (error) => (error ? reject(error) : resolve())));
