/** Proves with objects of our own that a store does what is promised of it. Nothing of them stays. */
import type { ByteRange, NewObject, Store } from "../contract/contract.ts";
import { PluginError } from "../contract/errors.ts";
import { withTimeLimit } from "../units/time-limit.ts";

const BYTES = 4_096;

/** How many write one object at once. */
const RACING = 4;

/** A thing that a store was asked for, in the order of a proof. */
export const PROVED = ["write", "only if absent", "read", "read a part", "list", "delete"] as const;

/** What a store cannot do. */
export interface Unproved {
  readonly what: (typeof PROVED)[number];
  readonly error: unknown;
  /** Names of objects that could not be removed again. */
  readonly left: readonly string[];
}

/** Asks for everything that a place for snapshots needs. @returns the first thing that fails; `undefined`: all is well */
export async function proveStore(store: Store, signal: AbortSignal): Promise<Unproved | undefined> {
  const area = `contextcore-probe-${crypto.randomUUID()}/`;
  const failure = await firstFailure(proofs(store, area, signal));
  const left = await tidied(store, area);
  if (failure === undefined) return undefined;
  return { ...failure, left: failure.what === "write" ? [] : left };
}

/**
 * Whether of several who write one object at once exactly one is told that it did: two runs of one export, or two workers,
 * rely on that.
 * @param below the beginning of the names that it is tried with: what is killed meanwhile leaves some of them
 * @throws PluginError `refused` when the store does not keep that promise
 */
export async function requireOnlyIfAbsent(store: Store, signal: AbortSignal, below = ""): Promise<void> {
  const area = `${below}contextcore-probe-${crypto.randomUUID()}/`;
  try {
    await onlyIfAbsent(store, area, signal);
  } finally {
    await tidied(store, area);
  }
}

type Proofs = Readonly<Record<(typeof PROVED)[number], () => Promise<void>>>;

function proofs(store: Store, area: string, signal: AbortSignal): Proofs {
  const name = `${area}object`;
  const bytes = sample(0);
  return {
    write: async () => void (await store.write(objectOf(name, bytes), signal)),
    "only if absent": () => onlyIfAbsent(store, area, signal),
    read: async () => requireSame(await readAll(store, name, undefined, signal), bytes),
    "read a part": async () =>
      requireSame(await readAll(store, name, { from: 100, to: 2_100 }, signal), bytes.subarray(100, 2_100)),
    list: async () => {
      const found = (await Array.fromAsync(store.list(name, signal))).map((one) => one.name);
      if (found.length !== 1 || found[0] !== name) throw defect(`it lists ${found.length} objects of 1`);
    },
    delete: async () => {
      await store.remove(name, signal);
      if ((await store.stat(name, signal)) !== undefined) throw defect("a removed object is still there");
    },
  };
}

async function firstFailure(proofs: Proofs): Promise<Omit<Unproved, "left"> | undefined> {
  for (const what of PROVED) {
    try {
      await proofs[what]();
    } catch (error) {
      return { what, error };
    }
  }
  return undefined;
}

async function onlyIfAbsent(store: Store, area: string, signal: AbortSignal): Promise<void> {
  const name = `${area}only-once`;
  const write = (at: number) => store.write({ ...objectOf(name, sample(at)), ifAbsent: true }, signal);
  const said = await Promise.all(Array.from({ length: RACING }, (_, at) => write(at + 1)));
  said.push(await write(RACING + 1));
  const winners = said.filter((one) => one === "written").length;
  if (winners !== 1)
    throw defect(`${winners} of ${said.length} who wrote one object "only if absent" did it`);
  requireSame(await readAll(store, name, undefined, signal), sample(said.indexOf("written") + 1));
}

async function readAll(store: Store, name: string, range: ByteRange | undefined, signal: AbortSignal) {
  return Buffer.concat(await Array.fromAsync(store.read(name, range, signal)));
}

function requireSame(found: Uint8Array, bytes: Uint8Array): void {
  if (Buffer.compare(found, bytes) !== 0) throw defect("it gives other bytes than were written");
}

const defect = (what: string): PluginError =>
  new PluginError("refused", what, {
    hint: "Two who write there would not know of each other, or nothing could be read back: use another store.",
  });

/** How long a store may take to remove what was tried, ms. */
export const TIDY_MS = 5_000;

/** Removes whatever a proof wrote, also after Ctrl-C. @returns the names of what stays */
async function tidied(store: Store, area: string): Promise<string[]> {
  const left: string[] = [];
  const remove = (name: string): Promise<unknown> =>
    withTimeLimit((signal) => store.remove(name, signal), undefined, { limitMs: TIDY_MS }).catch(() =>
      left.push(name),
    );
  await Promise.all([`${area}object`, `${area}only-once`].map(remove));
  return left;
}

const sample = (seed: number): Uint8Array => Uint8Array.from({ length: BYTES }, (_, at) => at * 7 + seed);

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const objectOf = (name: string, bytes: Uint8Array): NewObject => ({
  name,
  size: bytes.length,
  sha256: new Bun.CryptoHasher("sha256").update(bytes).digest("hex"),
  bytes: once(bytes),
});
