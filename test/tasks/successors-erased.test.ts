/** Nothing goes from a place that does not know what it must not bring back. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openTombstones } from "../../src/retention/tombstones/tombstones.ts";
import { ENTRY, namesIn, rewrittenProject, work } from "./rewritten-project.ts";

setDefaultTimeout(120_000);

/** A project in which something was erased, but not from its snapshots yet. */
async function erased() {
  const one = await rewrittenProject();
  using tombstones = openTombstones({ directory: one.cwd });
  tombstones.add({ plugin: "logs", file: "logs.json" }, [ENTRY]);
  return one;
}

test("the place has the list before the old copy goes", async () => {
  const { cwd, name } = await erased();
  expect(existsSync(join(cwd, "offsite", "erased"))).toBe(false);
  const [done] = await work({ cwd }, "erase", ENTRY);
  expect(done?.owed).toEqual([]);
  expect(namesIn(cwd, "offsite")).toContain("erased");
  expect(existsSync(join(cwd, "offsite", name, "copy.json"))).toBe(false);
});

test("where that cannot be, the old copy stays, and what is to be done is owed", async () => {
  const { cwd, name } = await erased();
  rmSync(join(cwd, ".contextcore", "erased.key"));
  const [done] = await work({ cwd }, "erase", ENTRY);
  expect(done?.owed).toEqual([
    { where: `offsite:${name}`, reason: expect.stringContaining("erased.key is gone") },
  ]);
  expect(existsSync(join(cwd, "offsite", name, "copy.json"))).toBe(true);
});
