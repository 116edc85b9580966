import { basename, dirname, join } from "node:path";
import { namedPath } from "./own-file.ts";
import { writePieces } from "./whole-file.ts";

/** Writes text that arrives in pieces into the file that the user named. It is called `.partial` until it is complete and on the disk. */
export async function writeNamedFile(
  path: string,
  pieces: AsyncIterable<string> | Iterable<string>,
  signal: AbortSignal,
): Promise<void> {
  const file = join(namedPath(dirname(path)), basename(path));
  await writePieces(file, gathered(pieces, signal), { draft: `${file}.partial` });
}

/** The same, for what only the file's owner may read. */
export async function writePrivateFile(
  path: string,
  pieces: AsyncIterable<string> | Iterable<string>,
  signal: AbortSignal,
): Promise<true> {
  const file = join(namedPath(dirname(path)), basename(path));
  await writePieces(file, gathered(pieces, signal), { draft: `${file}.partial`, mode: 0o600 });
  return true;
}

const GATHERED_CHARACTERS = 1 << 20;

/** The same text in fewer pieces. @throws the signal's reason */
async function* gathered(
  pieces: AsyncIterable<string> | Iterable<string>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let held = "";
  for await (const piece of pieces) {
    signal.throwIfAborted();
    held += piece;
    if (held.length < GATHERED_CHARACTERS) continue;
    yield held;
    held = "";
  }
  yield held;
}
