/** What the core gives a hook piece by piece. */
import * as v from "valibot";
import { nextSchema } from "../messages.ts";
import type { Outside } from "./outside.ts";

/** What is shown from outside, piece by piece, as it is asked for. */
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
