/** The streams of one instance: what its hooks yield, and what they receive in pieces. */
import * as v from "valibot";
import { PluginError } from "../../../contract/errors.ts";
import { callMethod } from "../../hooks/members.ts";
import { bytesIn, type FaceName, HOOK_TABLE, type Hook, withBytesAt } from "../../hooks/table.ts";
import { openStreamSchema, streamSchema } from "../messages.ts";
import type { Handles, HookHandler } from "./matching.ts";
import type { Outside } from "./outside.ts";
import { piecesFrom } from "./pieces.ts";
import { withBytes } from "./with-bytes.ts";

interface Stream {
  readonly pieces: AsyncIterator<unknown>;
  readonly ended: AbortController;
}

/** Handlers by the name of the hook. */
export function createStreams(name: FaceName, face: object, outside: Outside): Handles {
  const streams = new Map<number, Stream>();
  const open = (hook: string) => async (args: readonly unknown[]) => {
    const { stream, args: own } = v.parse(openStreamSchema, args[0]);
    const ended = new AbortController();
    const yielded = await callMethod(face, hook, [...own, ended.signal]);
    streams.set(stream, { pieces: iteratorOf(yielded, hook), ended });
  };
  const feed =
    (hook: string, { bytesAt = 0 }: Hook) =>
    async (args: readonly unknown[], signal: AbortSignal) => {
      const { stream } = v.parse(streamSchema, bytesIn(args, bytesAt));
      const own = withBytesAt(args, bytesAt, bytesFrom(outside, stream, signal));
      return callMethod(face, hook, [...own, signal]);
    };
  const hooks = Object.entries(HOOK_TABLE[name]).flatMap(([hook, row]): [string, HookHandler][] => {
    if (row.way === "stream") return [[hook, open(hook)]];
    return row.way === "feed" ? [[hook, feed(hook, row)]] : [];
  });
  return {
    ...Object.fromEntries(hooks),
    async "stream.next"([input], signal) {
      const { stream } = v.parse(streamSchema, input);
      const found = streams.get(stream);
      if (found === undefined) throw new PluginError("temporary", "its process was restarted meanwhile");
      const end = (): void => found.ended.abort(signal.reason);
      signal.addEventListener("abort", end, { once: true });
      const next = await found.pieces.next().finally(() => signal.removeEventListener("abort", end));
      if (next.done) streams.delete(stream);
      return next.done ? [] : [withBytes(next.value)];
    },
    async "stream.end"([input]) {
      const { stream } = v.parse(streamSchema, input);
      const found = streams.get(stream);
      streams.delete(stream);
      found?.ended.abort(new Error("it is not read any more"));
      await found?.pieces.return?.();
    },
  };
}

function iteratorOf(yielded: unknown, hook: string): AsyncIterator<unknown> {
  const make: unknown = Object(yielded)[Symbol.asyncIterator];
  if (typeof make !== "function") throw new Error(`${hook} gave nothing that can be read piece by piece`);
  return Reflect.apply(make, yielded, []);
}

async function* bytesFrom(outside: Outside, stream: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const piece of piecesFrom(outside, stream, signal)) yield v.parse(v.instance(Uint8Array), piece);
}
