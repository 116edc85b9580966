import { open } from "node:fs/promises";

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 10;

export interface Line {
  /** Without its newline; a view that is valid until the next line is asked for. */
  readonly bytes: Uint8Array;
  /** Where the next line starts in the file. */
  readonly end: number;
  /** False for what follows the last newline: a torn line. */
  readonly whole: boolean;
}

/** The lines of a file, one after another, in memory of about its longest line. */
export async function* fileLines(path: string): AsyncGenerator<Line> {
  const handle = await open(path, "r");
  try {
    let rest: Uint8Array = new Uint8Array(0);
    for (let position = 0; ; ) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, position);
      if (bytesRead === 0) break;
      const start = position - rest.length;
      position += bytesRead;
      const text =
        rest.length === 0
          ? chunk.subarray(0, bytesRead)
          : Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
      let from = 0;
      for (let to = text.indexOf(NEWLINE); to !== -1; to = text.indexOf(NEWLINE, from)) {
        yield { bytes: text.subarray(from, to), end: start + to + 1, whole: true };
        from = to + 1;
      }
      rest = text.subarray(from);
    }
    if (rest.length > 0) yield { bytes: rest, end: -1, whole: false };
  } finally {
    await handle.close();
  }
}

/** The lines of a block's bytes, each without its newline. What follows the last newline comes too: it is for the caller to judge. */
export function* linesOf(bytes: Uint8Array): Generator<Uint8Array> {
  let from = 0;
  for (let to = bytes.indexOf(NEWLINE); to !== -1; to = bytes.indexOf(NEWLINE, from)) {
    yield bytes.subarray(from, to);
    from = to + 1;
  }
  if (from < bytes.length) yield bytes.subarray(from);
}

/** How many newlines there are. */
export function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}
