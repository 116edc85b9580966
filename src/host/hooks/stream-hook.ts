/** Hooks that yield or receive data in pieces. Each piece has the time limit of one call; together they may take as long as needed. */
import * as v from "valibot";
import { PluginError } from "../../contract/errors.ts";
import { formatDuration } from "../../units/duration.ts";
import { startDeadline } from "../../units/time-limit.ts";
import { answerObjection } from "./answers.ts";
import { callHook, type HookCall, HookDefect } from "./hook.ts";

/** What the hook yields. @throws like {@link callHook}, at each piece */
export async function* callStream<Piece>(
  hook: HookCall,
  caller: AbortSignal,
  open: (signal: AbortSignal) => AsyncIterable<Piece>,
): AsyncGenerator<Piece> {
  const ended = new AbortController();
  let pieces: AsyncIterator<Piece> | undefined;
  const next = async (own: AbortSignal) => {
    const end = (): void => ended.abort(own.reason);
    own.addEventListener("abort", end, { once: true });
    pieces ??= iteratorOf(hook, open(ended.signal));
    const piece = await pieces.next().finally(() => own.removeEventListener("abort", end));
    if (!piece.done) requireFit(hook, piece.value);
    return piece;
  };
  try {
    for (;;) {
      const piece = await callHook({ ...hook, answer: v.unknown() }, caller, next);
      if (piece.done) return;
      yield piece.value;
    }
  } finally {
    ended.abort(new Error("nobody reads it any more"));
    // Whatever it answers when it is ended changes nothing, so nobody waits for it.
    Promise.resolve(pieces?.return?.()).catch(() => undefined);
  }
}

function requireFit({ plugin, hook, answer }: HookCall, value: unknown): void {
  const objection = answerObjection(answer, value);
  if (objection !== undefined)
    throw new HookDefect(`${plugin}: ${hook} gave something that does not fit: ${objection}`);
}

function iteratorOf<Piece>({ plugin, hook }: HookCall, yielded: AsyncIterable<Piece>): AsyncIterator<Piece> {
  if (typeof Object(yielded)[Symbol.asyncIterator] === "function") return yielded[Symbol.asyncIterator]();
  throw new HookDefect(`${plugin}: ${hook} gave nothing that can be read piece by piece`);
}

/** A call that receives bytes. It may run on as long as it takes more of them within the time limit of one call. @throws like {@link callHook} */
export async function callWithBytes<Result>(
  hook: HookCall,
  caller: AbortSignal,
  bytes: AsyncIterable<Uint8Array>,
  call: (bytes: AsyncIterable<Uint8Array>, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const deadline = startDeadline({ limitMs: hook.limitMs, late: () => overdue(hook) }, caller);
  async function* watched(): AsyncGenerator<Uint8Array, void, Uint8Array | undefined> {
    const pieces = bytes[Symbol.asyncIterator]();
    try {
      let piece = await pieces.next();
      while (!piece.done) {
        deadline.restart();
        piece = await pieces.next(yield piece.value);
      }
    } finally {
      await pieces.return?.();
    }
  }
  try {
    const endless = { ...hook, limitMs: Number.POSITIVE_INFINITY };
    return await callHook(endless, deadline.signal, (own) => call(watched(), own));
  } finally {
    deadline.end();
  }
}

const overdue = ({ plugin, hook, limitMs }: HookCall): PluginError =>
  new PluginError(
    "temporary",
    `${plugin}: ${hook} took nothing more for ${formatDuration(BigInt(limitMs) * 1_000_000n)}`,
    { timedOut: true, hint: "Its server hangs, or the plugin waits for something that never comes." },
  );
