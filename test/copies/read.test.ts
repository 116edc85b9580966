/** A copy is read as a directory is; what is wrong with one is found; and only what is needed is fetched. */
import { expect, test } from "bun:test";
import { basename } from "node:path";
import { COPY_FILE } from "../../src/copies/format/copy-file.ts";
import { copyStorage } from "../../src/copies/read/copy-storage.ts";
import { decryptedWith } from "../../src/copies/read/decrypted.ts";
import { placeStorage } from "../../src/copies/read/place-storage.ts";
import { readKept } from "../../src/snapshot/catalog/kept.ts";
import { openSnapshot } from "../../src/snapshot/read/reader.ts";
import { localStorage } from "../../src/storage/local.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { verifySnapshot } from "../../src/verify/verify.ts";
import { random as randomFrom } from "../lab/random.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { copyTo, FOREIGN, KEY, type MemoryStore, memoryStore, placeOf, signal } from "./store.ts";

const storageOf = (store: MemoryStore, name: string): Storage =>
  copyStorage({
    place: placeOf(store),
    name,
    opened: decryptedWith(async () => []),
    signal,
    admit: ({ copy }) => {
      if (copy.key !== KEY.verifier) throw new Error(`signed by ${copy.key}`);
    },
  });

const copied = async (
  options: Parameters<typeof smallSnapshot>[1] = {},
  store = memoryStore(),
  directory = temporaryDirectory(),
) => {
  const path = await smallSnapshot(directory, options);
  await copyTo(store, path);
  return { path, name: basename(path), store };
};

const contentOf = async (place: Storage): Promise<string[]> => {
  const snapshot = await openSnapshot(place);
  const lines: string[] = [];
  for await (const { block } of snapshot.blocks())
    lines.push(`${block.file} ${block.offset} ${Buffer.from(await snapshot.read(block))}`);
  await snapshot.close();
  return lines;
};

test("its blocks are those of the directory, and it is proved in the same way", async () => {
  for (const compression of [undefined, "zstd"] as const) {
    const { path, name, store } = await copied(compression === undefined ? {} : { compression });
    expect(await contentOf(storageOf(store, name))).toEqual(await contentOf(localStorage(path)));
    const { path: where, sound, ...report } = await verifySnapshot(storageOf(store, name));
    expect({ where, sound, flaws: report.flaws }).toEqual({
      where: `offsite:${name}`,
      sound: true,
      flaws: [],
    });
    const { path: _, sound: _s, durationMs: _d, ...local } = await verifySnapshot(path);
    expect({ ...report, durationMs: 0 }).toEqual({ ...local, durationMs: 0 });
  }
});

test("a place lists its copies; what has no copy.json is none", async () => {
  const directory = temporaryDirectory();
  const { name, store } = await copied({}, memoryStore(), directory);
  const second = await copied({}, store, directory);
  store.objects.set("20200101-000000/manifest.json", Buffer.from("{}"));
  store.objects.set("notes/copy.json", Buffer.from("{}"));
  store.objects.set("20210101-000000/copy.json", Buffer.from("{}"));
  const place = placeStorage(placeOf(store), (one) => storageOf(store, one));
  const { snapshots, unreadable } = await readKept(place);
  expect(snapshots.map(({ path }) => path)).toEqual([`offsite:${name}`, `offsite:${second.name}`]);
  expect(unreadable.map(({ path, reason }) => [path, reason])).toEqual([
    ["offsite:20210101-000000", expect.stringContaining("copy.json")],
  ]);
});

test("of a part only its blocks are fetched, with manifest and index", async () => {
  const { name, store } = await copied({ streams: 20, entries: 500 });
  const snapshot = await openSnapshot(storageOf(store, name));
  const chosen: { bytes: number }[] = [];
  let number = 0;
  for await (const { block } of snapshot.blocks()) {
    number += 1;
    if (block.file !== "logs.json" || number % 4 !== 0) continue;
    expect(await snapshot.damage(block)).toBeUndefined();
    await snapshot.read(block);
    chosen.push(block);
  }
  const wanted = chosen.reduce((sum, { bytes }) => sum + bytes, 0);
  const fetched = store.fetched.get(`${name}/logs.json`) ?? 0;
  expect(chosen.length).toBeGreaterThan(5);
  expect(fetched).toBeGreaterThanOrEqual(wanted);
  expect(fetched).toBeLessThanOrEqual(1.1 * wanted);
  const names = [...store.fetched.keys()].map((object) => object.slice(name.length + 1)).sort();
  expect(names).toEqual(["blocks.jsonl", COPY_FILE, "logs.json", "manifest.json"]);
});

test("who reads on and on is given more at once, and never much more than he reads", async () => {
  const { name, store } = await copied({ streams: 4, entries: 1_500 });
  let calls = 0;
  const counting = {
    ...store,
    read: (...args: Parameters<typeof store.read>) => {
      calls += 1;
      return store.read(...args);
    },
  };
  const snapshot = await openSnapshot(storageOf(counting, name));
  let blocks = 0;
  for await (const { block } of snapshot.blocks()) {
    if (block.file !== "logs.json") continue;
    blocks += 1;
    await snapshot.read(block);
  }
  expect(blocks).toBeGreaterThan(100);
  expect(calls).toBeLessThan(blocks / 2);
});

/** One change each that somebody or something could make to a stored copy. */
const CHANGES: Readonly<Record<string, (store: MemoryStore, random: () => number) => void>> = {
  "a bit": (store, random) => {
    const [name, bytes] = pick(store, random);
    const changed = Buffer.from(bytes);
    const at = Math.floor(random() * changed.length);
    changed[at] = (changed[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    store.objects.set(name, changed);
  },
  "an object less": (store, random) => void store.objects.delete(pick(store, random)[0]),
  "an object more": (store, random) => void store.objects.set(`${pick(store, random)[0]}x`, Buffer.of(1)),
  "an end less": (store, random) => {
    const [name, bytes] = pick(store, random);
    store.objects.set(name, bytes.slice(0, Math.floor(random() * bytes.length)));
  },
  "an end more": (store, random) => {
    const [name, bytes] = pick(store, random);
    store.objects.set(name, Buffer.concat([bytes, Buffer.of(10)]));
  },
  "two objects exchanged": (store, random) => {
    const [a, inA] = pick(store, random);
    const [b, inB] = pick(store, random);
    store.objects.set(a, inB);
    store.objects.set(b, a === b ? Buffer.of() : inA);
  },
};

function pick(store: MemoryStore, random: () => number): [string, Uint8Array] {
  const all = [...store.objects];
  const found = all[Math.floor(random() * all.length)];
  if (found === undefined) throw new Error("the copy is empty");
  return found;
}

/** Of each kind; `COPY_MUTATIONS=1700` makes ten thousand. */
const ROUNDS = Number(process.env.COPY_MUTATIONS ?? 100);

test.each(Object.keys(CHANGES))(
  "%s is found",
  async (what) => {
    const { name, store } = await copied();
    const random = randomFrom(what.length);
    for (let round = 0; round < ROUNDS; round += 1) {
      const changed = { ...memoryStore(), objects: new Map(store.objects) };
      const hurt = memoryStore();
      for (const [object, bytes] of changed.objects) hurt.objects.set(object, bytes);
      CHANGES[what]?.(hurt, random);
      const { sound } = await verifySnapshot(storageOf(hurt, name));
      expect({ round, sound }).toEqual({ round, sound: false });
    }
  },
  600_000,
);

test("a copy that somebody else made of other data and signed is not believed", async () => {
  const path = await smallSnapshot(temporaryDirectory());
  const store = memoryStore();
  await copyTo(store, path, { key: FOREIGN });
  const { sound, flaws } = await verifySnapshot(storageOf(store, basename(path)));
  expect([sound, flaws[0]?.message]).toEqual([false, expect.stringContaining(FOREIGN.verifier)]);
});

test("an older copy under a newer name is not believed", async () => {
  const { name, store } = await copied();
  for (const [object, bytes] of [...store.objects])
    store.objects.set(object.replace(name, "20990101-000000"), bytes);
  const { sound, flaws } = await verifySnapshot(storageOf(store, "20990101-000000"));
  expect([sound, flaws[0]?.message]).toEqual([false, expect.stringContaining(`called ${name}`)]);
});
