/** The rules of a store pass one that is right, and catch each that is wrong in one thing. */
import { describe, expect, test } from "bun:test";
import { runCheck } from "../../src/conformance/check.ts";
import { openSubject } from "../../src/conformance/subject.ts";
import { storeSuite } from "../../src/conformance/suite.ts";
import {
  type ByteRange,
  definePlugin,
  isObjectName,
  type LifecycleRule,
  type NewObject,
  PluginError,
  type Store,
  v,
} from "../../src/contract/contextcore.ts";
import { lockingStore, memoryStore } from "../storage/memory-store.ts";

const invalid = (what: string): PluginError => new PluginError("invalid", `acme/memory: ${what}`);

type Objects = Map<string, Uint8Array>;
type Change = (store: Store, objects: Map<string, Uint8Array>) => Partial<Store>;

const pluginOf = (change: Change = () => ({}), create: (objects: Objects) => Store = memoryStore) => {
  const objects: Objects = new Map();
  const store = create(objects);
  const whole = { ...store, ...change(store, objects) };
  return definePlugin({ name: "acme/memory", about: "In memory", options: v.object({}), store: () => whole });
};

async function verdicts(declaration: unknown, names?: readonly string[]) {
  const subject = openSubject({ declaration, origin: "third-party", face: "store" });
  const found: [string, string][] = [];
  for (const check of storeSuite.filter(({ name }) => names?.includes(name) ?? name.startsWith("store-"))) {
    const { verdict } = await runCheck(check, subject);
    found.push([check.name, verdict.kind === "failed" ? `failed: ${verdict.error.message}` : verdict.kind]);
  }
  return found;
}

test("a store that is right passes every rule", async () => {
  const found = await verdicts(pluginOf(() => ({}), lockingStore));
  expect(found.filter(([, verdict]) => verdict !== "passed")).toEqual([]);
  expect(found.length).toBeGreaterThan(11);
}, 30_000);

test("a store that can neither lock nor age objects waives those rules, and no others", async () => {
  const found = await verdicts(pluginOf());
  expect(found.filter(([, verdict]) => verdict !== "passed")).toEqual([
    ["store-lock", "waived"],
    ["store-lifecycle", "waived"],
  ]);
}, 30_000);

const writing =
  (change: (object: NewObject) => Partial<NewObject>): Change =>
  (store) => ({
    write: (object, signal) => store.write({ ...object, ...change(object) }, signal),
  });

/** Takes whatever comes, however it ends. */
const careless: Change = (_, objects) => ({
  async write({ name, bytes, ifAbsent }) {
    if (!isObjectName(name)) throw invalid("a bad name");
    if (ifAbsent && objects.has(name)) return "there already";
    const pieces: Uint8Array[] = [];
    try {
      for await (const piece of bytes) pieces.push(piece);
    } finally {
      objects.set(name, Buffer.concat(pieces));
    }
    return "written";
  },
});

const BROKEN: readonly (readonly [rule: string, what: string, change: Change, message: string])[] = [
  [
    "store-reads-back",
    "a byte that changes",
    (_, objects) => ({
      async *read(name) {
        yield (objects.get(name) ?? new Uint8Array(0)).map((byte) => byte | 1);
      },
    }),
    "others are read",
  ],
  [
    "store-reads-back",
    "a size of its own",
    (store) => ({
      stat: async (name, signal) => {
        const found = await store.stat(name, signal);
        return found === undefined ? undefined : { ...found, size: found.size + 1 };
      },
    }),
    "stat of 0 bytes says",
  ],
  [
    "store-ranges",
    "ranges that include their end",
    (store) => ({
      read: (name, range: ByteRange | undefined, signal) =>
        store.read(name, range && { from: range.from, to: Math.min(range.to + 1, 200_000) }, signal),
    }),
    "the bytes from 0 to 1 are others",
  ],
  [
    "store-ranges",
    "ranges that are passed over",
    (store) => ({ read: (name, _, signal) => store.read(name, undefined, signal) }),
    "the bytes from 0 to 1 are others",
  ],
  ["store-if-absent", "a condition that is ignored", writing(() => ({ ifAbsent: false })), "8 were told"],
  [
    "store-if-absent",
    "a look before, and a race after it",
    (store, objects) => ({
      async write(object, signal) {
        if (object.ifAbsent && objects.has(object.name)) return "there already";
        await Bun.sleep(5);
        return store.write({ ...object, ifAbsent: false }, signal);
      },
    }),
    "8 were told",
  ],
  ["store-whole-or-nothing", "whatever comes", careless, "another checksum were written"],
  [
    "store-list-complete",
    "the first page",
    (store) => ({
      async *list(prefix, signal) {
        let left = 1_000;
        for await (const one of store.list(prefix, signal)) if (left-- > 0) yield one;
      },
    }),
    "of 1001 objects 1000 are listed",
  ],
  [
    "store-list-complete",
    "only whole parts of a prefix",
    (store) => ({
      async *list(prefix, signal) {
        for await (const one of store.list(prefix, signal))
          if (prefix.endsWith("/") || one.name.startsWith(`${prefix}/`)) yield one;
      },
    }),
    "a prefix within a part finds 0",
  ],
  [
    "store-remove",
    "what begins with the name, too",
    (_, objects) => ({
      remove: async (name) => {
        for (const one of [...objects.keys()]) if (one.startsWith(name)) objects.delete(one);
      },
    }),
    "removing one object took another",
  ],
  ["store-remove", "nothing", () => ({ remove: async () => {} }), "a removed object is still known"],
  [
    "store-names",
    "names in lower case",
    (store) => ({
      write: (object, signal) => store.write({ ...object, name: object.name.toLowerCase() }, signal),
      read: (name, range, signal) => store.read(name.toLowerCase(), range, signal),
    }),
    "another object is read as",
  ],
  [
    "store-names",
    "names that lead out",
    (store, objects) => ({
      async write(object, signal) {
        if (isObjectName(object.name)) return store.write(object, signal);
        objects.set(object.name, new Uint8Array(0));
        return "written";
      },
    }),
    'write takes the name ""',
  ],
  [
    "store-cancelled",
    "a signal that is not heard",
    (store) => ({ write: (object) => store.write(object, new AbortController().signal) }),
    "a write that was cancelled left an object",
  ],
];

const LARGE = 16 << 20;

const MORE_BROKEN: typeof BROKEN = [
  [
    "store-large",
    "what does not fit into one call",
    (store) => ({
      read: (name, range, signal) => store.read(name, range ?? { from: 0, to: LARGE }, signal),
    }),
    "a large object is read as another one",
  ],
  [
    "store-large",
    "parts that are not the ones asked for",
    (store) => ({
      read: (name, range, signal) =>
        store.read(name, range && { from: range.from + 1, to: range.to + 1 }, signal),
    }),
    "a part of a large object is another one",
  ],
  [
    "store-large",
    "a large object that breaks off",
    careless,
    "a large object was written that is not the one",
  ],
  [
    "store-lock",
    "a lock that nobody heeds",
    (_, objects) => ({ remove: async (name) => void objects.delete(name) }),
    "a locked object can be removed",
  ],
  [
    "store-lock",
    "a lock that is not kept",
    (store) => ({ write: (object, signal) => store.write({ ...object, retainUntil: 1n }, signal) }),
    "stat of an object that is locked until",
  ],
  [
    "store-lock",
    "a replacement",
    (_, objects) => ({ write: (object, signal) => memoryStore(objects).write(object, signal) }),
    "stat of an object that is locked until",
  ],
  [
    "store-lock",
    "a lock that is never changed",
    () => ({ retainUntil: async () => {} }),
    "stat of an object",
  ],
  [
    "store-lifecycle",
    "rules that are not kept",
    () => ({ lifecycle: { read: async () => [], write: async () => {} } }),
    "and [] is in force",
  ],
  [
    "store-lifecycle",
    "rules that stay",
    () => {
      const kept: LifecycleRule[] = [];
      const write = async (rules: readonly LifecycleRule[]) => void kept.push(...rules);
      return { lifecycle: { read: async () => [...kept], write } };
    },
    "a rule that was taken back is still in force",
  ],
  [
    "store-names",
    "any name to look at",
    (store) => ({
      stat: (name, signal) => (isObjectName(name) ? store.stat(name, signal) : Promise.resolve(undefined)),
    }),
    'stat takes the name ""',
  ],
  [
    "store-list-complete",
    "times of its own",
    (store) => ({
      async *list(prefix, signal) {
        for await (const one of store.list(prefix, signal)) yield { ...one, modified: 1n };
      },
    }),
    "an object that was just written is from 1",
  ],
];

describe("the rule for some stores catches", () => {
  test.each(MORE_BROKEN.map((one) => [...one] as const))(
    "%s: %s",
    async (rule, _what, change, message) => {
      const [found] = await verdicts(pluginOf(change, lockingStore), [rule]);
      expect(found).toEqual([rule, expect.stringContaining(message)]);
    },
    60_000,
  );
});

describe("the rule catches", () => {
  test.each(BROKEN.map((one) => [...one] as const))("%s: %s", async (rule, _what, change, message) => {
    const [found] = await verdicts(pluginOf(change), [rule]);
    expect(found).toEqual([rule, expect.stringContaining(message)]);
  });
});
