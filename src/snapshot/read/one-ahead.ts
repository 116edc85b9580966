/**
 * Begins each piece of work while the previous one is still being processed, so that the disk reads while lines are parsed or
 * sent. Yields what `begin` returned, in order; at most two are begun at a time. If the loop ends early, a rejection of the
 * begun one must not remain unhandled.
 */
export async function* oneAhead<Item, Begun>(
  items: AsyncIterable<Item> | Iterable<Item>,
  begin: (item: Item) => Begun,
): AsyncGenerator<Begun> {
  const begun: Begun[] = [];
  for await (const item of items) {
    begun.push(begin(item));
    if (begun.length > 1) yield* begun.splice(0, 1);
  }
  yield* begun;
}
