/** Data that crosses between processes in pieces: each is requested when the previous one has been consumed. */
import * as v from "valibot";
import { type Instance, nextNumber, type ShownLines } from "./instance.ts";
import { nextSchema } from "./messages.ts";

/**
 * What a hook in the other process yields. If it is not read to its end, it is ended there.
 * @param args the hook's, without its signal
 */
export async function* streamFrom<Piece>(
  { ask }: Instance,
  hook: string,
  args: readonly unknown[],
  signal: AbortSignal,
): AsyncGenerator<Piece> {
  const stream = nextNumber();
  let isOpen = true;
  try {
    await ask(hook, [{ stream, args }], signal);
    for (;;) {
      const next = v.parse(nextSchema, await ask("stream.next", [{ stream }], signal));
      isOpen = next.length > 0;
      if (!isOpen) return;
      yield next[0] as Piece;
    }
  } finally {
    // A lost process has ended it, too.
    if (isOpen) ask("stream.end", [{ stream }]).catch(() => undefined);
  }
}

/** How many bytes cross at once. */
const PIECE_MAX = 1 << 20;

/** Bytes for a hook in the other process, in pieces of a size that it has room for. */
export function shownBytes(bytes: AsyncIterable<Uint8Array>): ShownLines {
  return { id: nextNumber(), pieces: inPieces(bytes) };
}

async function* inPieces(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const run of bytes)
    for (let at = 0; at < run.length; at += PIECE_MAX) yield run.subarray(at, at + PIECE_MAX);
}
