/** The hooks that talk to a server, for rules that apply to all of them. */

import type { AuditRecord, Problem } from "../contract/contract.ts";
import { type BACKEND_HOOKS, hookName, type SINK_HOOKS, type STORE_HOOKS } from "../host/hooks/table.ts";
import type { Options } from "../host/plugin/context.ts";
import { sampleEvent } from "./sample-event.ts";
import type { Subject } from "./subject.ts";
import { runCursor } from "./walk.ts";

/** One call of a plugin that leads to its server. */
export interface CheckedHook {
  readonly name: string;
  /** @returns what was reported missing; `undefined` for an unqualified success */
  readonly call: (signal: AbortSignal) => Promise<readonly Problem[] | undefined>;
  /** It must fail when the server does not answer, because its result would be taken for the truth. */
  readonly mustFail: boolean;
}

/**
 * Hooks that these rules do not call, because they write, need something to work on, or have rules of their own. Every other
 * hook of the contract must be called below, or this file does not compile.
 */
type LeftOut =
  | "flush"
  | "tenants"
  | "splitCount"
  | "find"
  | "erase"
  | `stored.${string}`
  | "findExpired"
  | "expire"
  | "export.checkMatch"
  | "export.split"
  | "export.read"
  | "export.continueFrom"
  | `restore.${string}`
  | `dashboards.${string}`
  | "history"
  | "retainUntil"
  | `lifecycle.${string}`;
type Call = (signal: AbortSignal) => Promise<unknown> | undefined;
type Calls<Table> = Readonly<Record<Exclude<keyof Table & string, LeftOut>, Call>>;

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
  const calls: Omit<Calls<typeof BACKEND_HOOKS>, "export.step"> = {
    inventory: (signal) => backend.inventory(signal),
    size: (signal) => backend.size(signal),
    limits: (signal) => backend.limits?.(signal),
    count: (signal) => backend.count?.({ range }, signal),
    "export.start": (signal) => backend.export.start({ range }, signal),
  };
  return [
    ...Object.entries(calls).map(([path, call]) =>
      checked(hookName("backend", path), call, path === "inventory"),
    ),
    ...cursors.slice(0, MOST_CURSORS).map((cursor) => ({
      name: `step ${JSON.stringify(cursor).slice(0, 100)}`,
      mustFail: true,
      call: async (signal: AbortSignal) =>
        (await runCursor(backend, cursor, signal)).flatMap(({ problems = [] }) => problems),
    })),
  ];
}

const checked = (name: string, call: Call, mustFail = true): CheckedHook => ({
  name,
  mustFail,
  call: async (signal) => void (await call(signal)),
});

async function sinkHooks(subject: Subject, options: Options): Promise<readonly CheckedHook[]> {
  const sink = await subject.sink(options);
  const event: AuditRecord = sampleEvent(0);
  const calls: Calls<typeof SINK_HOOKS> = {
    probe: (signal) => sink.probe(signal),
    deliver: (signal) => sink.deliver(event, signal),
  };
  return Object.entries(calls).map(([name, call]) => checked(name, call));
}

/** The object that a store is asked about while its server fails. */
export const FAULTY_OBJECT = "contextcore-conformance-faults";

async function storeHooks(subject: Subject, options: Options): Promise<readonly CheckedHook[]> {
  const store = await subject.store(options);
  const bytes = Buffer.from("a sample");
  const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
  async function* whole(): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  const calls: Calls<typeof STORE_HOOKS> = {
    list: (signal) => Array.fromAsync(store.list(FAULTY_OBJECT, signal)),
    stat: (signal) => store.stat(FAULTY_OBJECT, signal),
    read: (signal) => Array.fromAsync(store.read(FAULTY_OBJECT, undefined, signal)),
    write: (signal) =>
      store.write({ name: FAULTY_OBJECT, size: bytes.length, sha256, bytes: whole() }, signal),
    remove: (signal) => store.remove(FAULTY_OBJECT, signal),
  };
  return Object.entries(calls).map(([name, call]) => checked(name, call));
}
