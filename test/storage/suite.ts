/** What every place for bytes at rest does, whatever it is. */
import { describe, expect, test } from "bun:test";
import type { Storage } from "../../src/storage/storage.ts";

const MOST = 1 << 20;

/** @param open an empty place */
export function testStorage(name: string, open: () => Storage): void {
  const textOf = async (storage: Storage, file: string): Promise<string> =>
    Buffer.from(await storage.read(file, MOST)).toString();
  const listOf = async (storage: Storage): Promise<string[]> =>
    (await Array.fromAsync(storage.list())).sort();

  describe(name, () => {
    test("a file is written whole, over another one, and not where it must be absent", async () => {
      const storage = open();
      expect(await storage.write("a", "one")).toBe(true);
      expect(await storage.write("a", Buffer.from("two"))).toBe(true);
      expect(await storage.write("a", "three", { ifAbsent: true })).toBe(false);
      expect(await storage.write("b", "four", { ifAbsent: true })).toBe(true);
      expect([await textOf(storage, "a"), await textOf(storage, "b")]).toEqual(["two", "four"]);
      expect(await listOf(storage)).toEqual(["a", "b"]);
    });

    test("a file grows at its end, from its beginning or from what is kept of it", async () => {
      const storage = open();
      const first = await storage.append("deep/er/log", 0);
      await first.append(Buffer.from("one\ntwo\n"));
      await first.append(Buffer.from("torn, and longer than what follows"));
      await storage.commit(["deep/er/log"]);
      await first.close();
      const second = await storage.append("deep/er/log", "one\ntwo\n".length);
      await second.append(Buffer.from("three\n"));
      await second.close();
      await storage.commit(["deep/er/log"]);
      expect(await textOf(storage, "deep/er/log")).toBe("one\ntwo\nthree\n");
      await (await storage.append("deep/er/log", 0)).close();
      expect(await storage.stat("deep/er/log")).toEqual({ bytes: 0, isRegular: true });
    });

    test("what is to be committed must be there", async () => {
      expect(open().commit(["none"])).rejects.toThrow();
    });

    test("parts of a file are read, fewer bytes only at its end", async () => {
      const storage = open();
      await storage.write("a", "0123456789");
      const file = await storage.open("a");
      const buffer = Buffer.alloc(4);
      expect([await file.read(buffer, 2), buffer.toString()]).toEqual([4, "2345"]);
      expect([await file.read(buffer, 8), buffer.toString("utf8", 0, 2)]).toEqual([2, "89"]);
      expect(await file.read(buffer, 10)).toBe(0);
      expect(await file.size()).toBe(10);
      await file.close();
    });

    test("more than is asked for is not read", async () => {
      const storage = open();
      await storage.write("a", "0123456789");
      expect(storage.read("a", 9)).rejects.toThrow("the limit is 9");
      expect((await storage.read("a", 10)).length).toBe(10);
    });

    test("what is removed is gone, and may be gone already", async () => {
      const storage = open();
      await storage.write("a", "one");
      await storage.remove("a");
      await storage.remove("a");
      expect(await storage.stat("a")).toBeUndefined();
      expect(storage.read("a", MOST)).rejects.toThrow();
      expect(storage.open("a")).rejects.toThrow();
      expect(await listOf(storage)).toEqual([]);
    });

    test("what is not there is told by its code", async () => {
      const storage = open();
      for (const name of ["none", "no/such"]) {
        await expect(storage.read(name, MOST)).rejects.toMatchObject({ code: "ENOENT" });
        await expect(storage.open(name)).rejects.toMatchObject({ code: "ENOENT" });
      }
    });

    test("a folder is made by what is written into it, and is a place of its own", async () => {
      const storage = open();
      expect(await storage.names()).toEqual([]);
      expect(await storage.within("none").names()).toEqual([]);
      await storage.write("folder/deep/b", "one");
      await storage.write("folder/a", "two");
      await storage.write("file", "three");
      expect(await storage.names()).toEqual(["file", "folder"]);
      const folder = storage.within("folder");
      expect(await folder.names()).toEqual(["a", "deep"]);
      expect(await listOf(folder)).toEqual(["a", "deep/b"]);
      expect(await textOf(folder.within("deep"), "b")).toBe("one");
      expect([folder.root, folder.shown("a")]).toEqual([storage.shown("folder"), storage.shown("folder/a")]);
      await folder.remove("a");
      expect(await storage.stat("folder/a")).toBeUndefined();
    });

    test("one holds a lock at a time", async () => {
      const storage = open();
      const lock = storage.lock("lock");
      expect(storage.lock("lock")).toBeUndefined();
      lock?.release();
      const next = storage.lock("lock");
      expect(next).toBeDefined();
      next?.release();
    });
  });
}
