/** A place that cannot be reached says nothing of the copies in it: they are neither damaged nor left out. */
import { expect, test } from "bun:test";
import { basename } from "node:path";
import { PluginError } from "contextcore";
import { copyStorage } from "../../src/copies/read/copy-storage.ts";
import { decryptedWith } from "../../src/copies/read/decrypted.ts";
import { readKept } from "../../src/snapshot/catalog/kept.ts";
import { openSnapshot } from "../../src/snapshot/read/reader.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { verifySnapshot } from "../../src/verify/verify.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { copyTo, type MemoryStore, memoryStore, placeOf, signal } from "./store.ts";

const path = await smallSnapshot(temporaryDirectory());
const name = basename(path);

const storageOf = (store: MemoryStore): Storage =>
  copyStorage({
    place: placeOf(store),
    name,
    opened: decryptedWith(async () => []),
    signal,
    admit: () => {},
  });

/** A copy of which some objects cannot be read now. */
async function unreachable(what: RegExp, kind: "temporary" | "refused"): Promise<MemoryStore> {
  const store = memoryStore();
  await copyTo(store, path);
  return {
    ...store,
    async *read(object, range, own) {
      if (what.test(object)) throw new PluginError(kind, "nobody answers");
      yield* store.read(object, range, own);
    },
  };
}

test.each(["manifest.json", "blocks.jsonl", "logs.json", "SHA256SUMS", "copy.json"])(
  "a verification that cannot read %s fails, and finds no damage",
  async (object) => {
    for (const kind of ["temporary", "refused"] as const) {
      const store = await unreachable(new RegExp(`/${object}$`), kind);
      expect(verifySnapshot(storageOf(store))).rejects.toMatchObject({ kind, message: "nobody answers" });
    }
  },
);

test("a block that cannot be read now is not a damaged one, of which a restore makes do without", async () => {
  const store = await unreachable(/\/logs\.json$/, "temporary");
  const snapshot = await openSnapshot(storageOf(store));
  for await (const { block } of snapshot.blocks())
    if (block.file === "logs.json")
      expect(snapshot.read(block)).rejects.toMatchObject({ message: "nobody answers" });
  await snapshot.close();
});

test("one copy that is cut short or without an object does not hide the others", async () => {
  const directory = temporaryDirectory();
  const paths = [await smallSnapshot(directory), await smallSnapshot(directory)];
  const store = memoryStore();
  for (const one of paths) await copyTo(store, one);
  const [hurt = "", sound = ""] = paths.map((one) => basename(one));
  const manifest = store.objects.get(`${hurt}/manifest.json`) ?? new Uint8Array();
  const within = (one: string): Storage =>
    copyStorage({
      place: placeOf(store),
      name: one,
      opened: decryptedWith(async () => []),
      admit: () => {},
      signal,
    });
  for (const change of [
    () => store.objects.set(`${hurt}/manifest.json`, manifest.slice(1)),
    () => store.objects.delete(`${hurt}/manifest.json`),
  ]) {
    change();
    const { snapshots, unreadable } = await readKept({
      ...within(hurt),
      names: async () => [hurt, sound],
      within,
    });
    expect(snapshots.map(({ files }) => files.root)).toEqual([`offsite:${sound}`]);
    expect(unreadable.map(({ reason }) => reason)).toEqual([
      expect.stringContaining("manifest.json is not as copy.json says"),
    ]);
  }
});
