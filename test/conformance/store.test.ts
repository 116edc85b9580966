/** The rules of a store pass one that is right, and catch each that is wrong in one thing. */
import { describe, expect, test } from "bun:test";
import { runCheck } from "../../src/conformance/check.ts";
import { openSubject } from "../../src/conformance/subject.ts";
import { storeSuite } from "../../src/conformance/suite.ts";
import {
  type ByteRange,
  definePlugin,
  isObjectName,
  type NewObject,
  PluginError,
  type Store,
  v,
} from "../../src/contract/contextcore.ts";
import { memoryStore } from "../storage/memory-store.ts";

const invalid = (what: string): PluginError => new PluginError("invalid", `acme/memory: ${what}`);

type Change = (store: Store, objects: Map<string, Uint8Array>) => Partial<Store>;

const pluginOf = (change: Change = () => ({})) => {
  const objects = new Map<string, Uint8Array>();
  const store = memoryStore(objects);
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
  const found = await verdicts(pluginOf());
  expect(found.filter(([, verdict]) => verdict !== "passed")).toEqual([]);
  expect(found.length).toBeGreaterThan(8);
});

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
    'the name "" is taken',
  ],
  [
    "store-cancelled",
    "a signal that is not heard",
    (store) => ({ write: (object) => store.write(object, new AbortController().signal) }),
    "a write that was cancelled left an object",
  ],
];

describe("the rule catches", () => {
  test.each(BROKEN.map((one) => [...one] as const))("%s: %s", async (rule, _what, change, message) => {
    const [found] = await verdicts(pluginOf(change), [rule]);
    expect(found).toEqual([rule, expect.stringContaining(message)]);
  });
});
