/** A store that lies: about what it has, about its sizes, and about where its listing ends. */
import { expect, test } from "bun:test";
import { basename } from "node:path";
import type { Store, StoredObject } from "contextcore";
import type { SigningKey } from "../../src/audit/format/note.ts";
import { formatCopy } from "../../src/copies/format/copy-file.ts";
import { createPlace } from "../../src/copies/place/place.ts";
import { removeCopy } from "../../src/copies/place/remove-copy.ts";
import { rubbishIn, surveyPlace } from "../../src/copies/read/survey.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { copyTo, FOREIGN, KEY, memoryStore, placeOf, signal } from "./store.ts";

const FAR = 10n ** 20n;
const directory = temporaryDirectory();
const paths = [await smallSnapshot(directory), await smallSnapshot(directory)];
const [name = "", other = ""] = paths.map((path) => basename(path));

async function twoCopies() {
  const store = memoryStore();
  for (const path of paths) await copyTo(store, path);
  return store;
}

const object = (called: string, size = 1): StoredObject => ({ name: called, size, modified: 0n });

/** The store, whose listings have more than it holds. */
const listingMore = (store: Store, ...more: readonly string[]): Store => ({
  ...store,
  async *list(prefix, own) {
    yield* store.list(prefix, own);
    for (const one of more.filter((text) => text.startsWith(prefix))) yield object(one);
  },
});

test("by a name that leads elsewhere nothing is removed, read or believed", async () => {
  const store = await twoCopies();
  const asked: string[] = [];
  const lying = listingMore(
    { ...store, remove: async (called) => void asked.push(called) },
    `${name}/../${other}/copy.json`,
    `${name}/./x`,
    `${name}//x`,
    `${name}/\u0000`,
    `${name}/a\nb`,
    `${name}\\..\\${other}`,
    `20200101-000000/../${other}/manifest.json`,
  );
  const place = placeOf(lying);
  for (const { objects } of rubbishIn(await surveyPlace(place), FAR))
    expect(objects.map((one) => one.name)).toEqual([]);
  await removeCopy(place, name, () => {});
  expect(asked.length).toBeGreaterThan(3);
  expect(asked.filter((one) => !one.startsWith(`${name}/`) || /\.\.|\/\/|\n|\/\.\//.test(one))).toEqual([]);
});

test("what lies beside the copies, and is called almost like one, belongs to none", async () => {
  const store = await twoCopies();
  store.objects.set(`${name}x`, Buffer.of(1));
  store.objects.set(name, Buffer.of(1));
  store.objects.set("20200101-0000001", Buffer.of(1));
  const survey = await surveyPlace(placeOf(store));
  expect(survey.copies.map((copy) => [copy.name, copy.flaws.size])).toEqual([
    [name, 0],
    [other, 0],
  ]);
  expect([[...survey.unfinished.keys()], rubbishIn(survey, FAR)]).toEqual([[], []]);
});

test("a listing without an end is ended", async () => {
  const endless = {
    ...memoryStore(),
    async *list(prefix: string) {
      for (;;) yield object(`${prefix}x`);
    },
  };
  const place = createPlace("offsite", endless, { signal, concurrency: 1, listedMax: 1_000 });
  expect(place.list("")).rejects.toThrow("its listing does not end");
});

test("of an object without an end no more is read than it should have", async () => {
  let came = 0;
  const endless: Store = {
    ...memoryStore(),
    async *read() {
      for (;;) {
        came += 1_000;
        yield new Uint8Array(1_000);
      }
    },
  };
  const place = placeOf(endless);
  expect(place.hash("x", 5_500)).rejects.toThrow("more bytes than were asked for");
  expect(place.fetch("x", { from: 0, to: 5_500 })).rejects.toThrow("more bytes than were asked for");
  await Bun.sleep(50);
  expect(came).toBeLessThan(40_000);
});

test("a copy whose copy.json nobody may read, or which shrinks while it is read, hides no other", async () => {
  const store = await twoCopies();
  const shrinking: Store = {
    ...store,
    stat: async (called, own) => {
      const found = await store.stat(called, own);
      return found && called === `${name}/copy.json` ? { ...found, size: found.size + 1 } : found;
    },
  };
  const { copies } = await surveyPlace(placeOf(shrinking));
  expect(copies.map((copy) => [copy.name, copy.found !== undefined])).toEqual([
    [name, false],
    [other, true],
  ]);
});

test("among what is there of a copy that lacks something nothing is rubbish: its copy.json may be of another place", async () => {
  const store = await twoCopies();
  const elsewhere = memoryStore();
  const [path = ""] = paths;
  await copyTo(elsewhere, path, {
    form: async (file) => ({
      ...file,
      name: `${file.name}.age`,
      encrypted: { bytes: file.bytes, recipients: ["age1x"] },
    }),
  });
  store.objects.set(`${name}/copy.json`, elsewhere.objects.get(`${name}/copy.json`) ?? Buffer.of());
  expect(rubbishIn(await surveyPlace(placeOf(store)), FAR)).toEqual([]);
  store.objects.set(`${other}/more.json`, Buffer.of(1));
  const [rubbish] = rubbishIn(await surveyPlace(placeOf(store)), FAR);
  expect(rubbish?.objects.map((one) => one.name)).toEqual([`${other}/more.json`]);
});

test("a large copy.json is fetched and parsed only if somebody has signed it who is known", async () => {
  const objects = Array.from({ length: 9_000 }, (_, at) => ({
    name: `logs/objects/object-${at}.json`,
    bytes: at,
    sha256: "0".repeat(64),
  }));
  const large = (key: SigningKey) => {
    const claims = {
      tool: "x",
      host: "h",
      user: "u",
      manifest: "1".repeat(64),
      created: "2026-01-24T15:00:00Z",
    };
    return Buffer.from(formatCopy({ ...claims, snapshot: name, objects }, key));
  };
  const isKnown = (key: string): boolean => key === KEY.verifier;
  const found = async (bytes: Uint8Array) => {
    const store = memoryStore();
    store.objects.set(`${name}/copy.json`, bytes);
    const [copy] = (await surveyPlace(placeOf(store), isKnown)).copies;
    return { reason: copy?.reason, fetched: store.fetched.get(`${name}/copy.json`) ?? 0 };
  };
  const [sound, foreign] = [large(KEY), large(FOREIGN)];
  expect((await found(sound)).reason).toBeUndefined();
  const strange = await found(foreign);
  expect([strange.reason, strange.fetched < 40_000]).toEqual([
    expect.stringContaining("does not know"),
    true,
  ]);
  const changed = Buffer.from(sound);
  changed[sound.length >> 1] = 65;
  for (const [bytes, reason] of [
    [changed, "changed after it was signed"],
    [large({ ...FOREIGN, verifier: KEY.verifier }), "changed after it was signed"],
    [Buffer.concat([sound, Buffer.from(" ")]), "not written as this program writes it"],
    [Buffer.alloc(sound.length, 91), "not written as this program writes it"],
  ] as const)
    expect((await found(bytes)).reason).toContain(reason);
});
