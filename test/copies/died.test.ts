/**
 * Whoever copies or removes dies after any one call of the store, whether that call was carried out or not. What is left of it is
 * finished by the next one, or found as rubbish: all of it, and nothing else.
 */
import { expect, test } from "bun:test";
import { basename } from "node:path";
import type { Store } from "contextcore";
import { removeCopy, removeObjects } from "../../src/copies/place/remove-copy.ts";
import { rubbishIn, surveyPlace } from "../../src/copies/read/survey.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { copyTo, type MemoryStore, memoryStore, placeOf } from "./store.ts";

const FAR = 10n ** 20n;
const directory = temporaryDirectory();
const paths = [await smallSnapshot(directory), await smallSnapshot(directory)] as const;
const [name, other] = paths.map((path) => basename(path)) as [string, string];

class Died extends Error {}

/** The store, whose caller dies at its call of this number: before it is carried out, or after it. */
function dying(store: MemoryStore, at: number, isDone: boolean): Store {
  let calls = 0;
  const call = async <Result>(carryOut: () => Promise<Result>): Promise<Result> => {
    calls += 1;
    if (calls > at || (calls === at && !isDone)) throw new Died();
    const result = await carryOut();
    if (calls >= at) throw new Died();
    return result;
  };
  return {
    ...store,
    write: (object, own) => call(() => store.write(object, own)),
    remove: (object, own) => call(() => store.remove(object, own)),
  };
}

/** The contents by name; of `copy.json` nothing but that it is there. */
const contentOf = ({ objects }: MemoryStore): [string, string][] =>
  [...objects]
    .map(([object, bytes]): [string, string] => [
      object,
      object.endsWith("/copy.json") ? "" : Buffer.from(bytes).toString("latin1"),
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));

async function outcomeOf(work: Promise<unknown>): Promise<"done" | "died"> {
  try {
    await work;
    return "done";
  } catch (error) {
    if (!(error instanceof Died)) throw error;
    return "died";
  }
}

/** Dies at each call in turn, until the work ends before it. */
async function atEachCall(
  begin: () => Promise<MemoryStore>,
  work: (store: Store) => Promise<unknown>,
  then: (store: MemoryStore) => Promise<void>,
): Promise<number> {
  for (let at = 1; ; at += 1)
    for (const isDone of [false, true]) {
      const store = await begin();
      const outcome = await outcomeOf(work(dying(store, at, isDone)));
      if (outcome === "done") return at;
      await then(store);
    }
}

const whole = memoryStore();
for (const path of paths) await copyTo(whole, path);

const withOther = async (): Promise<MemoryStore> => {
  const store = memoryStore();
  await copyTo(store, paths[1]);
  return store;
};

const withBoth = async (): Promise<MemoryStore> => {
  const store = await withOther();
  await copyTo(store, paths[0]);
  return store;
};

const sweep = async (store: MemoryStore): Promise<void> => {
  const place = placeOf(store);
  for (const { objects } of rubbishIn(await surveyPlace(place), FAR))
    await removeObjects(
      place,
      objects.map((one) => one.name),
    );
};

test("a copy: the next one makes it what it would have been, and a prune leaves nothing of it", async () => {
  const other = contentOf(await withOther());
  const calls = await atEachCall(
    withOther,
    (store) => copyTo(store, paths[0]),
    async (store) => {
      const left = memoryStore();
      for (const [object, bytes] of store.objects) left.objects.set(object, bytes);
      await copyTo(store, paths[0]);
      expect(contentOf(store)).toEqual(contentOf(whole));
      const isFinished = left.objects.has(`${name}/copy.json`);
      await sweep(left);
      expect(contentOf(left)).toEqual(isFinished ? contentOf(whole) : other);
    },
  );
  expect(calls).toBeGreaterThan(8);
});

test("a removal: there is no half of a copy, and the next prune leaves nothing of it", async () => {
  const rest = contentOf(await withOther());
  const calls = await atEachCall(
    withBoth,
    (store) => removeCopy(placeOf(store), name, () => {}),
    async (store) => {
      const { copies } = await surveyPlace(placeOf(store));
      for (const copy of copies) expect([copy.name, copy.flaws.size]).toEqual([copy.name, 0]);
      const isThere = copies.some((copy) => copy.name === name);
      await sweep(store);
      expect(contentOf(store)).toEqual(isThere ? contentOf(whole) : rest);
    },
  );
  expect(calls).toBeGreaterThan(8);
  expect(other).not.toBe(name);
});
