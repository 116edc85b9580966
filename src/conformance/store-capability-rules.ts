/** Large objects, and what only some stores can do: lock objects, and change them when they age. */
import type { LifecycleRule, Store } from "../contract/contract.ts";
import { PluginError } from "../contract/errors.ts";
import { NEVER } from "../units/time-limit.ts";
import { type Check, require } from "./check.ts";
import { FAULTY_OBJECT } from "./hooks.ts";
import {
  checksumOf,
  failureOf,
  isSameBytes,
  listObjects,
  readObject,
  sample,
  sampleObject,
  show,
  withArea,
  writeObject,
} from "./store-area.ts";
import type { Subject } from "./subject.ts";

/** More than any store sends at once. */
const LARGE_BYTES = 20 << 20;

function largeSample(): Uint8Array {
  const bytes = new Uint8Array(LARGE_BYTES);
  const piece = sample(1 << 20);
  for (let at = 0; at < bytes.length; at += piece.length) {
    bytes.set(piece, at);
    bytes[at] = at >> 20;
  }
  return bytes;
}

async function* brokenOff(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes.slice(0, 18 << 20);
  throw new PluginError("temporary", "the source broke off");
}

/** How long the rule about locks locks an object, at least, ms. A store may count in whole seconds. */
const LOCK_MS = 4_000;
/** A lock stands for this many times what a write and a removal take: many more than the rule makes under it. */
const LOCK_CALLS = 15;
const TICK_MS = 200;

const nsOf = (ms: number): bigint => BigInt(Math.round(ms)) * 1_000_000n;

/** How long to lock, so that it has not ended before all is tried. ms */
async function lockTime(store: Store, name: string): Promise<number> {
  const began = performance.now();
  await writeObject(store, name, sample(5));
  await store.remove(name, NEVER);
  return Math.max(LOCK_MS, LOCK_CALLS * (performance.now() - began));
}

/** Removes an object as soon as its lock lets it go. */
async function removeWhenFree(store: Store, name: string, lockMs: number): Promise<void> {
  for (const deadline = Date.now() + 6 * lockMs; ; await Bun.sleep(TICK_MS)) {
    const failure = await failureOf(() => store.remove(name, NEVER), "a removal after the lock has ended");
    if (failure === undefined) return;
    require(Date.now() < deadline, `a lock of ${lockMs / 1_000} s does not end: ${failure.message}`);
  }
}

async function requireLocked(store: Store, name: string, until: bigint): Promise<void> {
  const known = await store.stat(name, NEVER);
  require((known?.retainedUntil ?? 0n) >=
    until, `stat of an object that is locked until ${until} says ${show(known)}`);
  const removal = await failureOf(() => store.remove(name, NEVER), "removing a locked object");
  require(removal?.kind === "refused", "a locked object can be removed");
  const replacement = await failureOf(() => writeObject(store, name, sample(9)), "replacing a locked object");
  require(replacement?.kind === "refused", "a locked object can be replaced");
  require(isSameBytes(await readObject(store, name), sample(5)), "a locked object is another one after all");
}

/** For every store; those that cannot lock, or do nothing by themselves, waive two of them. */
export const storeCapabilityRules: readonly Check<Subject>[] = [
  {
    name: "store-large",
    why: "a snapshot's files are larger than what is sent at once, and are whole or not there all the same",
    run: (subject) =>
      withArea(subject, async (store, name) => {
        const bytes = largeSample();
        await writeObject(store, name("x"), bytes);
        require(checksumOf(await readObject(store, name("x"))) ===
          checksumOf(bytes), "a large object is read as another one");
        const [from, to] = [(8 << 20) - 7, (16 << 20) + 7];
        require(isSameBytes(
          await readObject(store, name("x"), from, to),
          bytes.subarray(from, to),
        ), "a part of a large object is another one");
        for (const over of [{ bytes: brokenOff(bytes) }, { sha256: checksumOf(sample(1)) }]) {
          const object = sampleObject(name("y"), bytes, over);
          const failure = await failureOf(
            () => store.write(object, NEVER),
            "a large object that is not whole",
          );
          require(failure !== undefined, "a large object was written that is not the one announced");
        }
        require((await listObjects(store, name("y"))).length ===
          0, "a large object that is not whole is listed");
      }),
  },
  {
    name: "store-lock",
    why: "what must be kept for a time cannot be removed or replaced before, by mistake or on purpose",
    waived: async (subject) =>
      (await subject.store()).retainUntil === undefined ? "it cannot lock objects" : undefined,
    run: (subject) =>
      withArea(subject, async (store, name) => {
        const lockMs = await lockTime(store, name("before"));
        const until = nsOf(Date.now() + lockMs);
        await writeObject(store, name("x"), sample(5), { retainUntil: until });
        try {
          await requireLocked(store, name("x"), until);
          await store.retainUntil?.(name("x"), until + nsOf(2_000), NEVER);
          await requireLocked(store, name("x"), until + nsOf(2_000));
          const shorter = await failureOf(
            async () => store.retainUntil?.(name("x"), until - nsOf(1_000), NEVER),
            "shortening a lock",
          );
          require(shorter?.kind === "refused", "a lock can be shortened");
        } finally {
          await removeWhenFree(store, name("x"), lockMs);
        }
        require((await store.stat(name("x"), NEVER)) ===
          undefined, "an object stays after its lock has ended");
      }),
  },
  {
    name: "store-lifecycle",
    why: "rules are added beside those of others, and can be taken back",
    waived: async (subject) =>
      (await subject.store()).lifecycle === undefined ? "it has no rules for ageing objects" : undefined,
    run: (subject) =>
      withArea(subject, async ({ lifecycle }, name) => {
        if (lifecycle === undefined) return;
        const day = 86_400n * 1_000_000_000n;
        const own: LifecycleRule = { id: "conformance", prefix: name(""), abandonedUploadsAfter: 2n * day };
        const before = await lifecycle.read(NEVER);
        try {
          await lifecycle.write([...before, own], NEVER);
          const present = await lifecycle.read(NEVER);
          require(Bun.deepEquals(
            sorted(present),
            sorted([...before, own]),
          ), `${show([...before, own])} was written, and ${show(present)} is in force`);
        } finally {
          await lifecycle.write(before, NEVER);
        }
        require(Bun.deepEquals(
          sorted(await lifecycle.read(NEVER)),
          sorted(before),
        ), "a rule that was taken back is still in force");
      }),
  },
];

/** The last rule: it takes away what the rules before it have left. */
export const storeAfterFaults: Check<Subject> = {
  name: "store-after-faults",
  why: "what calls have left that failed can be removed once the server is well again",
  async run(subject) {
    const store = await subject.store();
    await store.remove(FAULTY_OBJECT, NEVER);
    require((await store.stat(FAULTY_OBJECT, NEVER)) === undefined, "an object stays that was removed");
    require((await listObjects(store, FAULTY_OBJECT)).length === 0, "an object is listed that was removed");
  },
};

const sorted = (rules: readonly LifecycleRule[]): LifecycleRule[] =>
  rules.toSorted((a, b) => (a.id < b.id ? -1 : 1));
