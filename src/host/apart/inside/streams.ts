/** The streams of one instance: what its hooks yield, and what they receive in pieces. */
import * as v from "valibot";
import { PluginError } from "../../../contract/errors.ts";
import { openStreamSchema, streamSchema } from "../messages.ts";
import type { Handles } from "./matching.ts";
import { callMethod } from "./members.ts";
import type { Outside } from "./outside.ts";
import { piecesFrom } from "./pieces.ts";
import { withBytes } from "./with-bytes.ts";

interface Stream {
  readonly pieces: AsyncIterator<unknown>;
  readonly ended: AbortController;
}

/** Hooks that yield: the contract's methods that return an AsyncIterable. */
const YIELDING = ["export.read", "find", "list", "read"];

/** Handlers by the name of the hook. */
export function createStreams(face: object, outside: Outside): Handles {
  const streams = new Map<number, Stream>();
  const open = (hook: string) => async (args: readonly unknown[]) => {
    const { stream, args: own } = v.parse(openStreamSchema, args[0]);
    const ended = new AbortController();
    const yielded = await callMethod(face, hook, [...own, ended.signal]);
    streams.set(stream, { pieces: iteratorOf(yielded, hook), ended });
  };
  return {
    ...Object.fromEntries(YIELDING.map((hook) => [hook, open(hook)])),
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
    async "restore.applyBytes"([file, input], signal) {
      const { stream } = v.parse(streamSchema, input);
      return callMethod(face, "restore.applyBytes", [file, bytesFrom(outside, stream, signal), signal]);
    },
    async write([object, input], signal) {
      const { stream } = v.parse(streamSchema, input);
      const given = { ...Object(object), bytes: bytesFrom(outside, stream, signal) };
      return callMethod(face, "write", [given, signal]);
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
