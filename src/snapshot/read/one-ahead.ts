/**
 * Begins each piece of work while the one before it is still being dealt with: the disk reads while lines are parsed or sent.
 * Yields what `begin` returned, in order; at most two are begun and not dealt with. What is begun must not reject unheard
 * when the loop over it ends early.
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
