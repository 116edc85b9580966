/** Calls from one process into another, both ways over one channel: with answers, errors, cancellation and notes. */
import * as v from "valibot";
import type { Channel } from "./channel.ts";
import { openChannel } from "./channel.ts";
import { failureSchema, fromFailure, toFailure } from "./failure.ts";
import { createFrameReader, frameOf } from "./frames.ts";
import { pack, unpack } from "./values.ts";

const id = v.pipe(v.number(), v.safeInteger());
const messageSchema = v.variant("say", [
  v.object({ say: v.literal("call"), id, name: v.string(), input: v.optional(v.unknown()) }),
  v.object({ say: v.literal("answer"), id, value: v.optional(v.unknown()) }),
  v.object({ say: v.literal("failure"), id, error: failureSchema }),
  v.object({ say: v.literal("abort"), id, reason: failureSchema }),
  v.object({ say: v.literal("note"), name: v.string(), value: v.optional(v.unknown()) }),
]);
type Message = v.InferOutput<typeof messageSchema>;

/** What this side does when it is asked to. */
export interface Handlers {
  readonly calls: Readonly<Record<string, (input: unknown, signal: AbortSignal) => Promise<unknown>>>;
  /** What is only told. */
  readonly notes: Readonly<Record<string, (value: unknown) => void>>;
}

export interface Peer {
  /** @throws what the other side threw; what {@link close} was given when there is no other side any more */
  call(name: string, input: unknown, signal?: AbortSignal): Promise<unknown>;
  note(name: string, value: unknown): void;
  /** Fails every call under way and to come. */
  close(why: Error): void;
  unref(): void;
}

export interface PeerOptions {
  readonly handlers: Handlers;
  /** The other side is gone, or says what nobody can read: the error says which. */
  readonly onEnd: (error?: Error) => void;
  /** So many calls of the other side may be under way. */
  readonly callsMax: number;
}

/** @param fd an open socket to the other side */
export async function createPeer(fd: number, options: PeerOptions): Promise<Peer> {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const served = createServed(options, (message) => send(message));
  let gone: Error | undefined;
  let calls = 0;
  const heard = (message: Message): void => {
    if (message.say === "answer") waiting.get(message.id)?.resolve(message.value);
    else if (message.say === "failure") waiting.get(message.id)?.reject(fromFailure(message.error));
    else served(message);
  };
  const read = createFrameReader((json, data) => heard(v.parse(messageSchema, unpack(json, data))));
  const channel: Channel = await openChannel(fd, {
    onData: (bytes) => {
      try {
        if (gone === undefined) read(bytes);
      } catch (error) {
        options.onEnd(error instanceof Error ? error : new Error(String(error)));
      }
    },
    onClose: () => options.onEnd(),
  });
  const send = (message: Message): Promise<void> => channel.send(frameOf(pack(message)));

  return {
    async call(name, input, signal) {
      if (gone !== undefined) throw gone;
      signal?.throwIfAborted();
      const id = ++calls;
      const answer = Promise.withResolvers<unknown>();
      const abort = (): void => void send({ say: "abort", id, reason: toFailure(signal?.reason) });
      waiting.set(id, answer);
      signal?.addEventListener("abort", abort, { once: true });
      try {
        void send({ say: "call", id, name, input });
        return await answer.promise;
      } finally {
        waiting.delete(id);
        signal?.removeEventListener("abort", abort);
      }
    },
    note: (name, value) => void send({ say: "note", name, value }),
    close(why) {
      gone ??= why;
      for (const { reject } of waiting.values()) reject(gone);
      channel.close();
    },
    unref: channel.unref,
  };
}

/** Does what the other side asks for, and answers. */
function createServed({ handlers, callsMax }: PeerOptions, send: (message: Message) => Promise<void>) {
  const running = new Map<number, AbortController>();
  const run = async (name: string, input: unknown, { signal }: AbortController): Promise<unknown> => {
    const handle = Object.hasOwn(handlers.calls, name) ? handlers.calls[name] : undefined;
    if (handle === undefined) throw new Error(`there is nothing to call by the name ${name}`);
    if (running.size > callsMax) throw new Error(`more than ${callsMax} calls are under way`);
    return handle(input, signal);
  };
  const serve = async ({ id, name, input }: Message & { say: "call" }): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      await send({ say: "answer", id, value: await run(name, input, controller) });
    } catch (error) {
      await send({ say: "failure", id, error: toFailure(error) });
    } finally {
      running.delete(id);
    }
  };
  return (message: Message): void => {
    if (message.say === "call") void serve(message);
    else if (message.say === "abort") running.get(message.id)?.abort(fromFailure(message.reason));
    else if (message.say === "note" && Object.hasOwn(handlers.notes, message.name))
      handlers.notes[message.name]?.(message.value);
  };
}
