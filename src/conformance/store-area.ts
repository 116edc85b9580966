/** What the rules for stores work with: objects of their own, in a part of the store of their own. */

import type { NewObject, Store, StoredObject } from "../contract/contract.ts";
import { PluginError } from "../contract/errors.ts";
import { patiently } from "../engine/patiently.ts";
import { LOOK_RETRY } from "../engine/retry.ts";
import { inParallel } from "../units/in-parallel.ts";
import { NEVER } from "../units/time-limit.ts";
import { require } from "./check.ts";
import type { Subject } from "./subject.ts";

/** How many objects are written or removed at once. */
export const AT_ONCE = 16;

/** Works under its own name prefix, and removes the objects at the end whatever happens. */
export async function withArea<Result>(
  subject: Subject,
  work: (store: Store, name: (rest: string) => string) => Promise<Result>,
): Promise<Result> {
  const store = await subject.store();
  const area = `contextcore-conformance-${crypto.randomUUID().slice(0, 8)}/`;
  try {
    return await work(store, (rest) => area + rest);
  } finally {
    const left = await listObjects(store, area);
    await inParallel(left, ({ name }) => persistently(() => store.remove(name, NEVER)), AT_ONCE);
  }
}

/** SHA-256, lower-case hex. */
export const checksumOf = (bytes: Uint8Array): string =>
  new Bun.CryptoHasher("sha256").update(bytes).digest("hex");

/** The same bytes in pieces. */
export async function* inPieces(bytes: Uint8Array, size = 70_001): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

/** An object to write. */
export const sampleObject = (name: string, bytes: Uint8Array, over: Partial<NewObject> = {}): NewObject => ({
  name,
  size: bytes.length,
  sha256: checksumOf(bytes),
  bytes: inPieces(bytes),
  ...over,
});

/** Writes an object. */
export const writeObject = (store: Store, name: string, bytes: Uint8Array, over: Partial<NewObject> = {}) =>
  store.write(sampleObject(name, bytes, over), NEVER);

/** Bytes of every value, without short repetitions. */
export const sample = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => Math.imul(at + seed, 2_654_435_761) >>> 24);

/** Reads an object, or a part of it. */
export async function readObject(
  store: Store,
  name: string,
  from?: number,
  to?: number,
): Promise<Uint8Array> {
  const range = from === undefined || to === undefined ? undefined : { from, to };
  return Buffer.concat(await Array.fromAsync(store.read(name, range, NEVER)));
}

/** How far the store's clock may be from ours, ns: what is kept is judged by its age in days. */
const CLOCK_NS = 86_400n * 1_000_000_000n;

/** A listing says of an object what `stat` says of it, and when it was written. */
export async function requireListing(store: Store, name: string): Promise<void> {
  const [listed] = await listObjects(store, name);
  const known = await store.stat(name, NEVER);
  require(listed?.size === known?.size, `a listing says ${show(listed)}, and stat ${show(known)}`);
  const age = BigInt(Date.now()) * 1_000_000n - (listed?.modified ?? 0n);
  require(age < CLOCK_NS && age > -CLOCK_NS, `an object that was just written is from ${listed?.modified}`);
}

/** Everything whose name begins so. */
export const listObjects = (store: Store, prefix: string): Promise<StoredObject[]> =>
  persistently(() => Array.fromAsync(store.list(prefix, NEVER)));

/** A service that fails for a moment breaks no rule: whoever uses a store asks again, too. */
const persistently = <Answer>(ask: () => Promise<Answer>): Promise<Answer> =>
  patiently(ask, NEVER, LOOK_RETRY);

/** Whether these are the same bytes. */
export const isSameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** What the work throws, which must be classified. */
export async function failureOf(
  work: () => Promise<unknown>,
  what: string,
): Promise<PluginError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    require(error instanceof PluginError, `${what}: an unclassified ${String(error)}`);
    return error;
  }
}

/** A value as text. */
export const show = (value: unknown): string =>
  JSON.stringify(value, (_, member) => (typeof member === "bigint" ? `${member}` : member)) ?? String(value);
