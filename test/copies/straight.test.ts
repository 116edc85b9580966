/** An export straight into a place is what a local one and a copy of it are, whoever is interrupted, and leaves nothing else there. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { PluginError } from "contextcore";
import { findCopy } from "../../src/copies/read/find-copy.ts";
import { ExportStopped } from "../../src/export/errors.ts";
import { verifySnapshot } from "../../src/verify/verify.ts";
import { noise } from "../export/dump-backend.ts";
import { temporary } from "../export/fake-backend.ts";
import { exportHeld, jobFor, SHORT_ONCE } from "../export/held.ts";
import { runExport, scratch } from "../export/run.ts";
import { FOREIGN, type MemoryStore, memoryStore, placeOf } from "./store.ts";
import { contentsOf, copyIn, everyShape, exportTo, into, resumeIn } from "./straight.ts";

setDefaultTimeout(60_000);

const DUMPS = { files: { "x.bin": noise(1_000) }, dumps: { "ledger.db": noise(60_000) }, pieceBytes: 9_000 };
const all = () => everyShape({ dumps: DUMPS });

const namesIn = ({ objects }: MemoryStore): string[] => [...objects.keys()].sort();
const folderOf = (path: string): string => path.slice(path.indexOf(":") + 1);

/** Every object of the folder is one that the copy names, or `copy.json`. */
async function expectNothingElse(store: MemoryStore, name: string): Promise<void> {
  const found = await findCopy(placeOf(store), name);
  const named = found?.copy.objects.map((object) => `${name}/${object.name}`) ?? [];
  expect(namesIn(store)).toEqual([...named, `${name}/copy.json`].sort());
}

const contentsHere = async (more = {}): Promise<Record<string, string>> => {
  using dir = scratch();
  const { path } = await runExport(dir.path, all(), more);
  return await contentsOf(path);
};

describe.each([
  ["in the clear", { isEncrypted: false }],
  ["encrypted", { isEncrypted: true }],
])("%s", (_, how) => {
  test.each([{}, { compression: "zstd" as const }, { fileBytesMax: 400 }])(
    "it holds what a local export holds, is sound, and nothing else lies there: %p",
    async (more) => {
      const store = memoryStore();
      const { path, manifest } = await exportTo(into(store, how), all(), more);
      const name = folderOf(path);
      expect([path, manifest.status, manifest.resumed]).toEqual([`offsite:${name}`, "complete", 0]);
      const copy = copyIn(store, name);
      expect((await verifySnapshot(copy)).flaws).toEqual([]);
      expect(await contentsOf(copy)).toEqual(await contentsHere(more));
      await expectNothingElse(store, name);
      const stored = namesIn(store).filter((one) => !one.endsWith(".age"));
      if (how.isEncrypted) expect(stored).toEqual([`${name}/SHA256SUMS`, `${name}/copy.json`]);
    },
  );

  test("stopped before or after any write, it is finished as if it had not been", async () => {
    const expected = await contentsHere();
    const whole = memoryStore();
    await exportTo(into(whole, how), all());
    let resumed = 0;
    // What the end removes is written before, so there are more writes than objects are left.
    for (let kept = 0; kept < whole.written.length; kept += 1) {
      let writes = 0;
      const isAfter = kept % 2 === 1;
      const dies = (): void => {
        throw new PluginError("refused", "no room is left");
      };
      const objects = memoryStore();
      const dying = {
        ...objects,
        async write(...args: Parameters<MemoryStore["write"]>) {
          writes += 1;
          if (writes > kept && !isAfter) dies();
          const said = await objects.write(...args);
          if (writes > kept && isAfter) dies();
          return said;
        },
      };
      const failed = await exportTo(into(dying, how), all()).then(
        () => undefined,
        (error) => error,
      );
      if (failed === undefined || !namesIn(objects).some((name) => /plan\.json/.test(name))) continue;
      expect(String(failed)).toContain("no room is left");
      const { path, manifest } = await resumeIn(into(objects, how), all());
      resumed += 1;
      expect(manifest.status).toBe("complete");
      const copy = copyIn(objects, folderOf(path));
      expect((await verifySnapshot(copy)).flaws).toEqual([]);
      expect(await contentsOf(copy)).toEqual(expected);
      await expectNothingElse(objects, folderOf(path));
    }
    expect(resumed).toBeGreaterThan(20);
  });

  test("stopped again and again, it comes to its end, and each step counts once", async () => {
    const store = memoryStore();
    await stopAfter(store, how, 12);
    for (let run = 1; ; run += 1) {
      let writes = 0;
      const write: MemoryStore["write"] = async (object, signal) => {
        if (writes++ >= 5) throw new PluginError("refused", "no room is left");
        return store.write(object, signal);
      };
      const ended = await resumeIn(into({ ...store, write }, how), all()).catch((error) => error);
      if (ended instanceof Error) {
        expect(String(ended)).toContain("no room is left");
        continue;
      }
      expect(run).toBeGreaterThan(3);
      expect(ended.manifest).toMatchObject({ status: "complete" });
      const copy = copyIn(store, folderOf(ended.path));
      expect((await verifySnapshot(copy)).flaws).toEqual([]);
      expect(await contentsOf(copy)).toEqual(await contentsHere());
      return expectNothingElse(store, folderOf(ended.path));
    }
  });

  test("something else under the name of a part is never taken for it", async () => {
    const store = memoryStore();
    const write: MemoryStore["write"] = async (object, signal) => {
      const isPart = /\/logs\.json/.test(object.name) && !store.objects.has(object.name);
      if (isPart) store.objects.set(object.name, Buffer.from("somebody else's"));
      return store.write(object, signal);
    };
    await expect(exportTo(into({ ...store, write }, how), all())).rejects.toThrow("another process writes");
    const { path } = await resumeIn(into(store, how), all());
    expect(await contentsOf(copyIn(store, folderOf(path)))).toEqual(await contentsHere());
    await expectNothingElse(store, folderOf(path));
  });

  test("stopped while the end clears away, that is made up for", async () => {
    for (let removals = 0; ; removals += 1) {
      const objects = memoryStore();
      let left = removals;
      const remove = async (name: string): Promise<void> => {
        if (left-- <= 0) throw temporary("the line is cut");
        objects.objects.delete(name);
      };
      const ended = await exportTo(into({ ...objects, remove }, how), all()).catch((error) => error);
      if (!(ended instanceof ExportStopped)) return expect(removals).toBeGreaterThan(10);
      const { path } = await resumeIn(into(objects, how), all()).catch(() => ({ path: ended.partial }));
      await expectNothingElse(objects, folderOf(path));
    }
  });

  test("a dump that fails in the middle leaves nothing of its first attempt", async () => {
    const store = memoryStore();
    const onPiece = (piece: number, attempt: number): void => {
      if (piece === 5 && attempt < 2) throw temporary("connection reset");
    };
    const { path } = await exportTo(into(store, how), everyShape({ dumps: { ...DUMPS, onPiece } }));
    expect(await contentsOf(copyIn(store, folderOf(path)))).toEqual(await contentsHere());
    await expectNothingElse(store, folderOf(path));
  });

  test("what the server counts fuller than it was read is read once more", async () => {
    using dir = scratch();
    const store = memoryStore();
    const { path, manifest } = await exportTo(into(store, how), [], jobFor(SHORT_ONCE));
    expect([manifest.status, manifest.plugins[0]?.agrees]).toEqual(["complete", true]);
    const local = await exportHeld(dir.path, SHORT_ONCE);
    expect(await contentsOf(copyIn(store, folderOf(path)))).toEqual(await contentsOf(local.path));
  });

  test("after an interruption that takes whoever can read what was sent before; for others it is named", async () => {
    const store = memoryStore();
    let commits = 0;
    const onWrite = ({ name }: { readonly name: string }): void => {
      // The start, ten windows, and most of their twenty streams.
      if (name.includes("commits/") && ++commits > 28) throw new PluginError("refused", "no room is left");
    };
    const { objects, ...hooks } = store;
    const write: MemoryStore["write"] = async (object, signal) => {
      onWrite(object);
      return store.write(object, signal);
    };
    const dying = { ...hooks, objects, write };
    await expect(exportTo(into(dying, how), [], jobFor(SHORT_ONCE))).rejects.toThrow("no room is left");
    const { manifest } = await resumeIn(into(store, how), [], jobFor({}));
    const reasons = manifest.plugins[0]?.problems.map(({ reason }) => reason).join(" ");
    if (!how.isEncrypted) return expect([manifest.status, reasons]).toEqual(["complete", ""]);
    expect(manifest.status).toBe("partial");
    expect(reasons).toContain("compared by its recipients only");
  });

  test("a large file becomes parts that fit into memory, in order", async () => {
    const store = memoryStore();
    const ledger = noise(40 << 20);
    const open = everyShape({ dumps: { dumps: { "ledger.db": ledger }, pieceBytes: 3 << 20 } });
    const { path } = await exportTo(into(store, how), open);
    const parts = namesIn(store).filter((name) => name.includes("ledger"));
    expect(parts.length).toBeGreaterThan(4);
    for (const part of parts) expect(store.objects.get(part)?.length).toBeLessThan(9 << 20);
    const contents = await contentsOf(copyIn(store, folderOf(path)));
    expect(Buffer.from(contents["dumps fake/ledger.db"] ?? "", "latin1").equals(ledger)).toBe(true);
  });

  test("what another key has written is not gone on with, and what was changed is refused", async () => {
    const store = memoryStore();
    const failing = { ...DUMPS, onPiece: () => Promise.reject(new Error("never")) };
    await stopAfter(store, how, 18);
    const plan = namesIn(store).find((name) => name.includes("plan.json"));
    const commit = namesIn(store).find((name) => name.includes("commits/"));
    expect([plan, commit]).toEqual([expect.any(String), expect.any(String)]);
    await expect(resumeIn(into(store, { ...how, key: FOREIGN }), all())).rejects.toThrow(
      "this project's key",
    );
    for (const name of [plan, commit].flatMap((one) => one ?? [])) {
      const forged = memoryStore();
      for (const [object, bytes] of store.objects) forged.objects.set(object, Buffer.from(bytes));
      const bytes = Buffer.from(forged.objects.get(name) ?? []);
      bytes[bytes.length - 80] = (bytes.at(-80) ?? 0) ^ 1;
      forged.objects.set(name, bytes);
      await expect(resumeIn(into(forged, how), everyShape({ dumps: failing }))).rejects.toThrow(
        "was changed",
      );
    }
    const other = commit?.replace(/[0-9a-f]{64}/, "0".repeat(64)) ?? "";
    const renamed = memoryStore();
    for (const [object, bytes] of store.objects)
      renamed.objects.set(object === commit ? other : object, bytes);
    await expect(resumeIn(into(renamed, how), all())).rejects.toThrow("was changed");
  });

  test("a store that does not keep what only-if-absent promises is refused, and holds nothing", async () => {
    const store = memoryStore();
    const careless: MemoryStore["write"] = (object, signal) =>
      store.write({ ...object, ifAbsent: false }, signal);
    await expect(exportTo(into({ ...store, write: careless }, how), all())).rejects.toThrow("only if absent");
    expect(namesIn(store)).toEqual([]);
  });

  test("of two who go on with one export, one is told, and what both did counts once", async () => {
    const store = memoryStore();
    await stopAfter(store, how, 10);
    const both = await Promise.allSettled([
      resumeIn(into(store, how), all()),
      resumeIn(into(store, how), all()),
    ]);
    const said = both.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : []));
    for (const reason of said) expect(reason).toMatch(/another process|something else|finished already/i);
    const done = both.find((one) => one.status === "fulfilled");
    const { path } = done?.value ?? (await resumeIn(into(store, how), all()));
    expect(await contentsOf(copyIn(store, folderOf(path)))).toEqual(await contentsHere());
  });
});

/** An export that is stopped at this write. */
async function stopAfter(
  store: MemoryStore,
  how: { readonly isEncrypted: boolean },
  most: number,
): Promise<void> {
  let writes = 0;
  const dying = {
    ...store,
    async write(...args: Parameters<MemoryStore["write"]>) {
      if (writes++ >= most) throw new PluginError("refused", "no room is left");
      return store.write(...args);
    },
  };
  await expect(exportTo(into(dying, how), all())).rejects.toThrow("no room is left");
}
