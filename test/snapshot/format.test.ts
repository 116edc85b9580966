/** The format's promises: its schema is published, and what was written once is read for ever. */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { manifestJsonSchema } from "../../scripts/manifest-schema.ts";
import { openSnapshot } from "../../src/snapshot/read/reader.ts";
import { verifySnapshot } from "../../src/verify/verify.ts";

const root = resolve(import.meta.dir, "../..");
const fixtures = join(root, "test/fixtures/snapshots");

test("the published JSON Schema is that of the definition", () => {
  const published: unknown = JSON.parse(
    readFileSync(join(root, "src/snapshot/format/manifest.schema.json"), "utf8"),
  );
  // `bun scripts/manifest-schema.ts` writes it again.
  expect(published).toEqual(JSON.parse(JSON.stringify(manifestJsonSchema())));
});

describe("a snapshot of format 1", () => {
  test.each(readdirSync(fixtures).filter((name) => name.startsWith("format-1-")))(
    "%s is sound",
    async (name) => {
      const report = await verifySnapshot(join(fixtures, name));
      expect(report.flaws).toEqual([]);
      expect([report.status, report.records]).toEqual(["complete", 14]);
    },
  );

  test.each(["plain", "zstd-parts"])("%s gives every record back", async (name) => {
    const snapshot = await openSnapshot(join(fixtures, `format-1-${name}`));
    const lines: Record<string, string[]> = {};
    for await (const { block } of snapshot.blocks()) {
      const file = block.of ?? block.file;
      for await (const line of snapshot.lines(block)) lines[file] = [...(lines[file] ?? []), line];
    }
    await snapshot.close();
    const counted = Object.entries(lines).map(([file, all]) => [file, all.length]);
    expect(Object.fromEntries(counted)).toEqual({
      "logs.json": 8,
      "traces.json": 2,
      "metrics.json": 1,
      "metrics/metadata.json": 1,
      "logs/objects/object-0.json": 1,
      "logs/objects/object-1.json": 1,
    });
    expect(lines["metrics.json"]?.[0]).toContain(
      '"timestamps":[1000000,1001000,1002000],"values":[1,0.5,null]',
    );
  });
});

describe("a reader", () => {
  test("refuses a block whose bytes are not those that were written", async () => {
    const snapshot = await openSnapshot(join(fixtures, "format-1-plain"));
    const [first] = await Array.fromAsync(snapshot.blocks());
    if (first === undefined) throw new Error("the fixture has no blocks");
    const wrong = { ...first.block, sha256: "0".repeat(64) };
    await expect(snapshot.read(wrong)).rejects.toThrow("checksum mismatch");
    const beyond = { ...first.block, offset: 1_000_000 };
    await expect(snapshot.read(beyond)).rejects.toThrow("the file ends before the block does");
    await snapshot.close();
  });

  test("says what to name instead when there is no snapshot", async () => {
    const failure = await openSnapshot(root).catch((error) => error);
    expect(failure.message).toBe(`${root} is not a snapshot: it has no manifest.json`);
    expect(failure.hint).toContain("backups/20260124-143000");
  });
});
