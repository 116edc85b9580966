/** The hooks that talk to a server, for rules that apply to all of them. */

import type { AuditRecord, Problem } from "../contract/contract.ts";
import type { Options } from "../host/context.ts";
import { sampleEvent } from "./sample-event.ts";
import type { Subject } from "./subject.ts";
import { runCursor } from "./walk.ts";

export interface CheckedHook {
  readonly name: string;
  /** @returns what was reported missing; `undefined` for an unqualified success */
  readonly call: (signal: AbortSignal) => Promise<readonly Problem[] | undefined>;
  /** It must fail when the server does not answer, because its result would be taken for the truth. */
  readonly mustFail: boolean;
}

const MOST_CURSORS = 8;

/** The hooks of a freshly opened plugin, with these options over the target's. Cursors come from an export without faults. */
export async function hooksOf(subject: Subject, options: Options = {}): Promise<readonly CheckedHook[]> {
  const { backend, sink } = subject.plugin;
  if (backend !== undefined) return backendHooks(subject, options);
  return sink === undefined ? storeHooks(subject, options) : sinkHooks(subject, options);
}

async function backendHooks(subject: Subject, options: Options): Promise<readonly CheckedHook[]> {
  const { cursors } = await subject.harvest();
  const range = await subject.range();
  const backend = await subject.backend(options);
  const silent = async (answer: Promise<unknown> | undefined): Promise<undefined> => void (await answer);
  return [
    { name: "inventory", mustFail: true, call: (signal) => silent(backend.inventory(signal)) },
    { name: "size", mustFail: false, call: (signal) => silent(backend.size(signal)) },
    { name: "limits", mustFail: false, call: (signal) => silent(backend.limits?.(signal)) },
    { name: "count", mustFail: false, call: (signal) => silent(backend.count?.({ range }, signal)) },
    { name: "start", mustFail: false, call: (signal) => silent(backend.export.start({ range }, signal)) },
    ...cursors.slice(0, MOST_CURSORS).map((cursor) => ({
      name: `step ${JSON.stringify(cursor).slice(0, 100)}`,
      mustFail: true,
      call: async (signal: AbortSignal) =>
        (await runCursor(backend, cursor, signal)).flatMap(({ problems = [] }) => problems),
    })),
  ];
}

async function sinkHooks(subject: Subject, options: Options): Promise<readonly CheckedHook[]> {
  const sink = await subject.sink(options);
  const event: AuditRecord = sampleEvent(0);
  const silent = async (answer: Promise<unknown>): Promise<undefined> => void (await answer);
  return [
    { name: "probe", mustFail: true, call: (signal) => silent(sink.probe(signal)) },
    { name: "deliver", mustFail: true, call: (signal) => silent(sink.deliver(event, signal)) },
  ];
}

const NAME = "contextcore-conformance-faults";

async function storeHooks(subject: Subject, options: Options): Promise<readonly CheckedHook[]> {
  const store = await subject.store(options);
  const bytes = Buffer.from("a sample");
  const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
  async function* whole(): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  const hook = (name: string, call: (signal: AbortSignal) => Promise<unknown>): CheckedHook => ({
    name,
    mustFail: true,
    call: async (signal) => void (await call(signal)),
  });
  return [
    hook("list", (signal) => Array.fromAsync(store.list(NAME, signal))),
    hook("stat", (signal) => store.stat(NAME, signal)),
    hook("read", (signal) => Array.fromAsync(store.read(NAME, undefined, signal))),
    hook("write", (signal) =>
      store.write({ name: NAME, size: bytes.length, sha256, bytes: whole() }, signal),
    ),
    hook("remove", (signal) => store.remove(NAME, signal)),
  ];
}
