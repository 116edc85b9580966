/** What the core passes to a hook in pieces. */
import * as v from "valibot";
import { nextSchema } from "../messages.ts";
import type { Outside } from "./outside.ts";

/** Data from outside, in pieces on request. */
export async function* piecesFrom(
  outside: Outside,
  stream: number,
  signal: AbortSignal,
): AsyncGenerator<unknown> {
  for (;;) {
    const next = v.parse(nextSchema, await outside.call("stream.next", { stream }, signal));
    if (next.length === 0) return;
    yield next[0];
  }
}
