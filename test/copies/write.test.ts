/** A copy is there whole or not at all, whoever is interrupted, and never mixes two snapshots. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { PluginError } from "contextcore";
import { localStorage } from "../../src/storage/local.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { copyTo, FOREIGN, memoryStore } from "./store.ts";

const filesOf = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort();

test("the copy has the snapshot's files byte for byte, sums for sha256sum, and what it consists of, last", async () => {
  const path = await smallSnapshot(temporaryDirectory(), { compression: "zstd" });
  const name = basename(path);
  const store = memoryStore();
  const { copy, sent } = await copyTo(store, path);
  const files = filesOf(path);
  expect([...store.objects.keys()].sort()).toEqual(
    [...files, "SHA256SUMS", "copy.json"].map((file) => `${name}/${file}`).sort(),
  );
  for (const file of files)
    expect(Buffer.from(store.objects.get(`${name}/${file}`) ?? [])).toEqual(readFileSync(join(path, file)));
  expect([store.written[0], store.written.at(-1)]).toEqual([`${name}/manifest.json`, `${name}/copy.json`]);
  expect(copy.objects.map((object) => object.name).sort()).toEqual([...files, "SHA256SUMS"].sort());
  expect(sent.objects).toBe(files.length + 1);

  const there = temporaryDirectory();
  const root = localStorage(there);
  for (const [object, bytes] of store.objects) {
    const file = await root.append(object, 0);
    await file.append(bytes);
    await file.close();
  }
  const checked = Bun.spawnSync(["sha256sum", "-c", "--strict", "SHA256SUMS"], { cwd: join(there, name) });
  expect([checked.exitCode, checked.stdout.toString().split("\n").length - 1]).toEqual([0, files.length]);
});

test.each([true, false])(
  "a second run sends what is lacking and nothing else; the store knows checksums: %p",
  async (hasSums) => {
    const path = await smallSnapshot(temporaryDirectory());
    const name = basename(path);
    const whole = memoryStore({ hasSums });
    await copyTo(whole, path);
    for (let kept = 0; kept < whole.written.length; kept += 1) {
      const store = memoryStore({ hasSums });
      for (const object of whole.written.slice(0, kept))
        store.objects.set(object, whole.objects.get(object) ?? Buffer.of());
      await copyTo(store, path);
      expect([...store.written].sort()).toEqual(whole.written.slice(kept).sort());
      expect(store.objects.size).toBe(whole.objects.size);
    }
    const { sent } = await copyTo(whole, path);
    expect(sent).toEqual({ objects: 0, bytes: 0 });
    whole.objects.delete(`${name}/blocks.jsonl`);
    const logs = Buffer.from(whole.objects.get(`${name}/logs.json`) ?? []);
    whole.objects.set(`${name}/logs.json`, hasSums ? logs.fill(0, 5, 6) : logs.subarray(1));
    const mended = await copyTo(whole, path);
    expect([mended.sent.objects, whole.written.slice(-2).sort()]).toEqual([
      2,
      [`${name}/blocks.jsonl`, `${name}/logs.json`],
    ]);
  },
);

test("a snapshot that is damaged here is not copied", async () => {
  for (const file of ["logs.json", "blocks.jsonl", "manifest.json"]) {
    const path = await smallSnapshot(temporaryDirectory());
    const bytes = readFileSync(join(path, file));
    writeFileSync(join(path, file), bytes.fill((bytes[40] ?? 0) ^ 1, 40, 41));
    const store = memoryStore();
    await expect(copyTo(store, path)).rejects.toThrow(file);
    expect(
      [...store.objects.keys()].filter((name) => /copy\.json$/.test(name) || name.endsWith(file)),
    ).toEqual([]);
  }
});

test("a name that something else has is left to it", async () => {
  const path = await smallSnapshot(temporaryDirectory());
  const name = basename(path);
  for (const file of ["manifest.json", "logs.json", "SHA256SUMS"]) {
    const store = memoryStore();
    store.objects.set(`${name}/${file}`, Buffer.from("mine"));
    await expect(copyTo(store, path)).rejects.toThrow(`offsite:${name}/${file} is taken`);
    expect(Buffer.from(store.objects.get(`${name}/${file}`) ?? []).toString()).toBe("mine");
    expect(store.objects.has(`${name}/copy.json`)).toBe(false);
  }
});

test("of two writers of one name with different snapshots one is told that it is taken, and the other's copy is whole", async () => {
  const [one, other] = [
    await smallSnapshot(temporaryDirectory()),
    await smallSnapshot(temporaryDirectory(), { entries: 21 }),
  ];
  for (let round = 0; round < 10; round += 1) {
    const store = memoryStore({ onWrite: () => Bun.sleep(Math.random() * 2) });
    const name = "20260124-143000";
    const both = await Promise.allSettled([copyTo(store, one, { name }), copyTo(store, other, { name })]);
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const winner = both[0].status === "fulfilled" ? one : other;
    const { sent } = await copyTo(store, winner, { name });
    expect(sent.objects).toBe(0);
    await expect(copyTo(store, winner === one ? other : one, { name })).rejects.toThrow(
      "is the copy of another snapshot",
    );
  }
});

test("two writers of the same snapshot leave one copy of it", async () => {
  const path = await smallSnapshot(temporaryDirectory());
  const store = memoryStore({ onWrite: () => Bun.sleep(Math.random() * 2) });
  const [a, b] = await Promise.all([copyTo(store, path), copyTo(store, path)]);
  expect(a.sha256).toBe(b.sha256);
  expect(new Set(store.written).size).toBe(store.written.length);
});

test("a copy that another key has signed is not taken for one's own", async () => {
  const path = await smallSnapshot(temporaryDirectory());
  const store = memoryStore();
  await copyTo(store, path, { key: FOREIGN });
  await expect(copyTo(store, path)).rejects.toThrow(`another key has signed it: ${FOREIGN.verifier}`);
});

test("a failure of the store is told, and what was sent before stays for the next run", async () => {
  const path = await smallSnapshot(temporaryDirectory(), { objects: 20 });
  let left = 7;
  const store = memoryStore({
    onWrite: () => {
      left -= 1;
      if (left < 0) throw new Error("the network is gone");
    },
  });
  await expect(copyTo(store, path)).rejects.toThrow("the network is gone");
  expect(store.written.length).toBe(7);
  left = 1_000;
  await copyTo(store, path);
  expect(new Set(store.written).size).toBe(store.written.length);
});

test("damage in a place that lets nothing be replaced is told, with what to do", async () => {
  const path = await smallSnapshot(temporaryDirectory());
  const store = memoryStore({
    onWrite: ({ ifAbsent }) => {
      if (!ifAbsent) throw new PluginError("refused", "logs.json is locked until 2026-02-01T00:00:00Z");
    },
  });
  await copyTo(store, path);
  const logs = `${basename(path)}/logs.json`;
  const right = store.objects.get(logs) ?? Buffer.of();
  store.objects.set(logs, Buffer.from(right).fill(0, 5, 6));
  await copyTo(store, path); // nobody has doubted it
  const refused = await copyTo(store, path, { isDoubted: true }).catch((error) => error);
  expect(refused.message).toContain(
    `offsite:${logs} is damaged, and the place does not let it be replaced: logs.json is locked until 2026-02-01`,
  );
  expect(refused.hint).toContain("Copy the snapshot to another place");
});
