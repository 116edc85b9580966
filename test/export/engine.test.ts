import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseManifest } from "../../src/snapshot/format/manifest.ts";
import { fakeBackend, fakeRange } from "./fake-backend.ts";
import { allTimes, linesIn, runExport, scratch, timesByStream } from "./run.ts";

const sha256 = (bytes: Uint8Array): string => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");

describe("a whole export", () => {
  test("holds every record once, each stream in order, and a manifest that proves it", async () => {
    using dir = scratch();
    const { path, manifest } = await runExport(dir.path, [fakeBackend({ objects: 7 })]);
    expect(timesByStream(path)).toEqual(allTimes(3, 20));
    expect(manifest.status).toBe("complete");
    expect(manifest.plugins[0]?.counts).toEqual({ entries: 60, objects: 7 });
    expect(manifest.plugins[0]?.agrees).toBe(true);
    expect(manifest.plugins[0]?.serverVersion).toBe("1.2.3");
    expect(manifest.plugins[0]?.notes).toEqual({ read: "from memory" });
    const text = readFileSync(join(path, "manifest.json"), "utf8");
    expect(parseManifest(text, "manifest.json")).toEqual(manifest);
  });

  test("lists every file with its size and hash, and leaves nothing else behind", async () => {
    using dir = scratch();
    const { path, manifest } = await runExport(dir.path, [fakeBackend({ objects: 2 })]);
    const files = manifest.plugins.flatMap((plugin) => plugin.files);
    expect(files.map((file) => file.path).sort()).toEqual([
      "fake/objects/object-0.json",
      "fake/objects/object-1.json",
      "logs.json",
    ]);
    for (const file of files) {
      const bytes = readFileSync(join(path, file.path));
      expect([file.path, bytes.length, sha256(bytes)]).toEqual([file.path, file.bytes, file.sha256]);
    }
    const index = readFileSync(join(path, manifest.index.path));
    expect([index.length, sha256(index)]).toEqual([manifest.index.bytes, manifest.index.sha256]);
    expect(readdirSync(path).sort()).toEqual(["blocks.jsonl", "fake", "logs.json", "manifest.json"]);
    expect(readdirSync(dir.path)).toEqual([path.slice(dir.path.length + 1)]);
    expect(path).toMatch(/\/\d{8}-\d{6}$/);
  });

  test("of an empty server has an empty data file and says 0 records", async () => {
    using dir = scratch();
    const { path, manifest } = await runExport(dir.path, [fakeBackend({ streams: 0 })]);
    expect(readFileSync(join(path, "logs.json"), "utf8")).toBe("");
    expect(manifest.status).toBe("complete");
    expect(manifest.plugins[0]?.files).toEqual([
      {
        path: "logs.json",
        kind: "records",
        bytes: 0,
        sha256: sha256(Buffer.alloc(0)),
        blocks: 0,
        records: 0,
        counts: {},
      },
    ]);
  });

  test("gets a name of its own within the same second", async () => {
    using dir = scratch();
    const paths = await Promise.all(
      [1, 2, 3].map(async () => (await runExport(dir.path, [fakeBackend()])).path),
    );
    expect(new Set(paths).size).toBe(3);
  });

  test("splits data files at the size asked for, and every part holds whole lines", async () => {
    using dir = scratch();
    const { path, manifest } = await runExport(dir.path, [fakeBackend()], { fileBytesMax: 1000 });
    const parts = manifest.plugins[0]?.files ?? [];
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.map((one) => one.path).slice(0, 2)).toEqual(["logs.json", "logs.001.json"]);
    expect(parts.slice(1).every((one) => one.of === "logs.json" && one.bytes <= 1000)).toBe(true);
    const lines = parts.flatMap((one) => linesIn(path, one.path));
    expect(lines.length).toBe(12);
  });

  test("compressed holds the same, a frame a block", async () => {
    using dir = scratch();
    const { path, manifest } = await runExport(dir.path, [fakeBackend()], { compression: "zstd" });
    const file = manifest.plugins[0]?.files[0];
    expect([file?.path, file?.of]).toEqual(["logs.json.zst", "logs.json"]);
    const text = Buffer.from(Bun.zstdDecompressSync(readFileSync(join(path, "logs.json.zst")))).toString();
    expect(text.length).toBe(file?.raw ?? 0);
    expect(text.split("\n").length).toBe(13);
  });

  test("reports progress that grows to 1 and ends done", async () => {
    using dir = scratch();
    const seen: number[] = [];
    const states: string[] = [];
    await runExport(dir.path, [fakeBackend()], {
      onProgress: ({ done, state }) => {
        seen.push(done);
        states.push(state);
      },
    });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
    expect(seen.filter((done) => done > 0 && done < 1).length).toBeGreaterThan(5);
    expect([states[0], states.at(-1)]).toEqual(["running", "done"]);
  });
});

describe("two plugins", () => {
  test("that write the same data file keep it apart", async () => {
    using dir = scratch();
    const opens = [fakeBackend({ name: "one" }), fakeBackend({ name: "two" })];
    const { manifest } = await runExport(dir.path, opens);
    const paths = manifest.plugins.map((plugin) => plugin.files.map(({ path, of }) => ({ path, of })));
    const second = manifest.plugins.find((plugin) => plugin.files[0]?.path !== "logs.json")?.name;
    expect(paths.flat()).toContainEqual({ path: "logs.json", of: undefined });
    expect(paths.flat()).toContainEqual({ path: `${second}/logs.json`, of: "logs.json" });
  });

  test("with different ranges: the manifest's range holds both", async () => {
    using dir = scratch();
    const [a, b] = [fakeBackend({ name: "a" }), fakeBackend({ name: "b", entries: 40 })];
    const { manifest } = await runExport(dir.path, [], {
      backends: [
        { open: a, request: { range: fakeRange(20) } },
        { open: b, request: { range: fakeRange(40) } },
      ],
    });
    expect(manifest.range).toEqual({ from: "1970-01-01T00:16:40Z", to: "1970-01-01T00:17:20Z" });
  });
});
