import { expect, test } from "bun:test";
import { mkdtemp, rm, symlink, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { directorySize, PluginError } from "contextcore";

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "contextcore-size-"));
  try {
    await work(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

test("counts files in directories, and what a sparse file occupies, not what it claims", async () => {
  await inDirectory(async (directory) => {
    await Bun.write(join(directory, "a/b/data.db"), new Uint8Array(1_000_000).fill(7));
    const before = await directorySize(directory);
    expect(before).toBeGreaterThanOrEqual(1_000_000);
    expect(before).toBeLessThan(1_100_000);
    await Bun.write(join(directory, "sparse"), "");
    await truncate(join(directory, "sparse"), 500_000_000);
    expect(await directorySize(directory)).toBeLessThan(before + 100_000);
    expect(await directorySize(join(directory, "a/b/data.db"))).toBeGreaterThanOrEqual(1_000_000);
  });
});

test("does not follow links", async () => {
  await inDirectory(async (directory) => {
    await symlink("/usr", join(directory, "usr"));
    expect(await directorySize(directory)).toBeLessThan(100_000);
  });
});

test("a path that is not there is an error that names it", async () => {
  const error = await directorySize("/not/there").catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(PluginError);
  expect(error).toMatchObject({ kind: "not-found", message: "/not/there is not there" });
});
