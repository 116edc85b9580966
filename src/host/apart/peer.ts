/** Calls between two processes, in both directions over one channel: with answers, errors, cancellation and notifications. */

import * as v from "valibot";
import { asError } from "../../units/message-of.ts";
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

/** What this side does on request. */
export interface Handlers {
  readonly calls: Readonly<Record<string, (input: unknown, signal: AbortSignal) => Promise<unknown>>>;
  /** Notifications without an answer. */
  readonly notes: Readonly<Record<string, (value: unknown) => void>>;
}

/** The calls over one channel. What the other side answers is decoded, but not checked against any schema. */
export interface Peer {
  /** @throws what the other side threw; the reason given to {@link close} once the other side is gone */
  call(name: string, input: unknown, signal?: AbortSignal): Promise<unknown>;
  note(name: string, value: unknown): void;
  /** Fails every present and future call. */
  close(why: Error): void;
  unref(): void;
}

interface PeerOptions {
  readonly handlers: Handlers;
  /** The other side is gone or sends unreadable messages; the error says which. */
  readonly onEnd: (error?: Error) => void;
  /** Maximum number of unanswered calls from the other side. */
  readonly callsMax: number;
  /** Maximum amount waiting to be read by the other side, besides the last message. bytes */
  readonly unsentMax: number;
}

/** The other side violates the protocol, so nothing more is read from it or sent to it. */
class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** @param fd an open socket to the other side */
export async function createPeer(fd: number, options: PeerOptions): Promise<Peer> {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const served = createServed(options, (message) => send(message));
  let gone: Error | undefined;
  let calls = 0;
  let ended = false;
  const end = (error?: Error): void => {
    if (ended) return;
    ended = true;
    options.onEnd(error);
  };
  const awaited = (id: number): PromiseWithResolvers<unknown> => {
    const found = waiting.get(id);
    if (found === undefined) throw new ProtocolError("an answer that nobody waits for");
    waiting.delete(id);
    return found;
  };
  const heard = (message: Message): void => {
    if (message.say === "answer") awaited(message.id).resolve(message.value);
    else if (message.say === "failure") awaited(message.id).reject(fromFailure(message.error));
    else served(message);
  };
  const read = createFrameReader((json, data) => heard(v.parse(messageSchema, unpack(json, data))));
  const channel: Channel = await openChannel(fd, {
    onData: (bytes) => {
      try {
        if (gone === undefined && !ended) read(bytes);
      } catch (error) {
        end(asError(error));
      }
    },
    onClose: () => end(),
  });
  const send = async (message: Message): Promise<void> => {
    const frame = frameOf(pack(message));
    if (channel.unsent() > options.unsentMax)
      end(new ProtocolError(`${channel.unsent()} bytes wait for it to read them`));
    if (!ended) await channel.send(frame);
  };

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

/** Carries out the other side's request and answers. */
function createServed({ handlers, callsMax }: PeerOptions, send: (message: Message) => Promise<void>) {
  const running = new Map<number, AbortController>();
  const serve = async (id: number, work: (signal: AbortSignal) => Promise<unknown>): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      await send({ say: "answer", id, value: await work(controller.signal) });
    } catch (error) {
      await send({ say: "failure", id, error: toFailure(error) });
    } finally {
      running.delete(id);
    }
  };
  const called = ({ id, name, input }: Message & { say: "call" }): void => {
    const handle = own(handlers.calls, name);
    if (running.has(id)) throw new ProtocolError("two calls by one number");
    if (running.size >= callsMax) throw new ProtocolError(`more than ${callsMax} calls are under way`);
    void serve(id, async (signal) => handle(input, signal));
  };
  return (message: Message): void => {
    if (message.say === "call") called(message);
    else if (message.say === "abort") running.get(message.id)?.abort(fromFailure(message.reason));
    else if (message.say === "note") own(handlers.notes, message.name)(message.value);
  };
}

/** @throws ProtocolError when there is no such name */
function own<Handle>(handles: Readonly<Record<string, Handle>>, name: string): Handle {
  const handle = Object.hasOwn(handles, name) ? handles[name] : undefined;
  if (handle === undefined) throw new ProtocolError("a name that has no handler");
  return handle;
}
