/** A store is proved to be of use, and one that is not is found, with what it cannot do. */
import { expect, test } from "bun:test";
import { PluginError, type Store } from "../../src/contract/contextcore.ts";
import { proveStore, requireOnlyIfAbsent } from "../../src/storage/prove.ts";
import { memoryStore } from "./memory-store.ts";

const NEVER = new AbortController().signal;

type Objects = Map<string, Uint8Array>;
const refused = async (): Promise<never> => {
  throw new PluginError("refused", "not allowed");
};

test("a store that is right is proved, and nothing stays in it", async () => {
  const objects: Objects = new Map([["mine", new Uint8Array(1)]]);
  expect(await proveStore(memoryStore(objects), NEVER)).toBeUndefined();
  await requireOnlyIfAbsent(memoryStore(objects), NEVER);
  expect([...objects.keys()]).toEqual(["mine"]);
});

/** Takes whatever is written, whoever was first. */
const careless = (store: Store): Partial<Store> => ({
  write: (object, signal) => store.write({ ...object, ifAbsent: false }, signal),
});

const BROKEN: readonly (readonly [what: string, why: RegExp, change: (store: Store) => Partial<Store>])[] = [
  ["write", /not allowed/, () => ({ write: refused })],
  ["only if absent", /5 of 5 who wrote one object "only if absent" did it/, careless],
  [
    "only if absent",
    /4 of 5 who/,
    (store) => ({
      async write(object, signal) {
        if (object.ifAbsent && (await store.stat(object.name, signal)) !== undefined) return "there already";
        await Promise.resolve();
        return store.write({ ...object, ifAbsent: false }, signal);
      },
    }),
  ],
  [
    "only if absent",
    /0 of 5/,
    () => ({ write: async ({ ifAbsent }) => (ifAbsent ? "there already" : "written") }),
  ],
  [
    "read",
    /other bytes/,
    (store) => ({
      async *read(name, range, signal) {
        if (!name.endsWith("object")) yield* store.read(name, range, signal);
      },
    }),
  ],
  [
    "read a part",
    /other bytes/,
    (store) => ({ read: (name, _, signal) => store.read(name, undefined, signal) }),
  ],
  ["list", /0 objects of 1/, () => ({ async *list() {} })],
  ["delete", /not allowed/, () => ({ remove: refused })],
  ["delete", /still there/, () => ({ remove: async () => {} })],
];

test.each(BROKEN.map((one) => [...one] as const))("%s: %s", async (what, why, change) => {
  const store = memoryStore();
  const unproved = await proveStore({ ...store, ...change(store) }, NEVER);
  expect(unproved?.what).toBe(what as never);
  expect(unproved?.error).toBeInstanceOf(PluginError);
  expect(String(unproved?.error)).toMatch(why);
});

test("who relies on `only if absent` is refused where it is ignored", async () => {
  const store = memoryStore();
  const failure = await requireOnlyIfAbsent({ ...store, ...careless(store) }, NEVER).catch((error) => error);
  expect(failure).toMatchObject({ kind: "refused" });
});

test("what cannot be removed again is named", async () => {
  const objects: Objects = new Map();
  const unproved = await proveStore({ ...memoryStore(objects), remove: refused }, NEVER);
  expect([...(unproved?.left ?? [])].sort()).toEqual([...objects.keys()].sort());
  expect(unproved?.left).toHaveLength(2);
});
