/**
 * Pieces of bytes, each of which may lie in this room: it is lent to whoever gives them, so that none needs memory of its own.
 * A piece is valid until the next one is asked for.
 */
export async function* lending(
  pieces: AsyncIterable<Uint8Array>,
  room: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const given = pieces[Symbol.asyncIterator]();
  try {
    for (let piece = await given.next(room); !piece.done; piece = await given.next(room)) yield piece.value;
  } finally {
    await given.return?.();
  }
}
