/** Files of bytes in a snapshot that is written anew: changed where they lie unpacked, whatever that does to their size. */
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readManifest } from "../../../src/snapshot/read/manifest-file.ts";
import { dumpBackend, noise } from "../../export/dump-backend.ts";
import { runExport, scratch } from "../../export/run.ts";
import { everything, filesBelow, rewritten } from "./rewriting.ts";

const OTHER = noise(30_000, 7);

/** A dump of three pieces in a snapshot, and another file. */
async function dumped(directory: string, compression?: "zstd") {
  const backend = dumpBackend({ dumps: { "a.db": noise(25_000), "b.db": OTHER } });
  return (await runExport(directory, [backend], compression === undefined ? {} : { compression })).path;
}

for (const compression of [undefined, "zstd"] as const)
  for (const [name, change] of Object.entries({
    "stays as long as it was": (bytes: Buffer) => Buffer.from(bytes).fill("x", 12_000, 12_100),
    "becomes shorter": (bytes: Buffer) => bytes.subarray(0, 9_000),
    "becomes longer": (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(40_000, "y")]),
  }))
    test(`a file of bytes ${name}, ${compression ?? "plain"}`, async () => {
      using directory = scratch();
      const before = await dumped(directory.path, compression);
      const asked: string[] = [];
      const placed = await rewritten(before, {
        async bytes({ file }, path) {
          asked.push(file);
          if (file !== "fake/a.db") return 0;
          const bytes = readFileSync(path);
          expect(bytes.equals(noise(25_000))).toBe(true);
          writeFileSync(path, change(bytes));
          return 3;
        },
      });
      const after = placed?.path ?? "";
      expect(asked.sort()).toEqual(["fake/a.db", "fake/b.db"]);
      expect(placed?.removed.counts).toEqual({ records: 3 });
      expect(filesBelow(after)).toEqual(filesBelow(before));
      const wanted = change(Buffer.from(noise(25_000))).toString("latin1");
      expect(everything(after)).toContain(wanted);
      expect(everything(after)).toContain(Buffer.from(OTHER).toString("latin1"));
      const [plugin] = (await readManifest(after)).plugins;
      expect(plugin?.counts).toEqual({ dumps: 2 });
      const other = filesBelow(before).find((file) => file.startsWith("fake/b.db")) ?? "";
      expect(readFileSync(join(after, other))).toEqual(readFileSync(join(before, other)));
    });
