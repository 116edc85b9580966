/** A snapshot that is written anew is so everywhere: here, and in every place that has a copy. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readKept } from "../../src/snapshot/catalog/kept.ts";
import { verifySnapshot } from "../../src/verify/verify.ts";
import { decrypted, ENTRY, namesIn, placesWith, rewrittenProject, work } from "./rewritten-project.ts";

setDefaultTimeout(60_000);

test("the snapshot and its copy have a successor, what they were is gone, and doing it again does nothing", async () => {
  const { cwd, path, name } = await rewrittenProject();
  expect(placesWith(cwd, ENTRY)).toEqual(["backups", "offsite"]);
  const [told] = await work({ cwd }, "erase", ENTRY);
  expect(told).toEqual({
    name,
    counts: { entries: 1 },
    done: [
      [path, `${path}-2`],
      [`offsite:${name}`, `offsite:${name}-2`],
    ],
    owed: [],
    remains: [],
  } as never);
  expect([namesIn(cwd, "backups"), namesIn(cwd, "offsite")]).toEqual([[`${name}-2`], [`${name}-2`]]);
  expect(placesWith(cwd, ENTRY)).toEqual([]);
  expect(namesIn(cwd, ".contextcore/copies/offsite")).toEqual([`${name}-2.json`, `${name}-2.manifest.json`]);
  expect(
    (await verifySnapshot(join(cwd, "offsite", `${name}-2`))).flaws.map(({ subject }) => subject),
  ).toEqual(["SHA256SUMS", "copy.json"]);
  expect(await work({ cwd }, "erase", ENTRY)).toMatchObject([{ done: [], owed: [] }]);
});

test("a copy that is encrypted is replaced without its identity while the snapshot is here", async () => {
  const { cwd, name } = await rewrittenProject({ isEncrypted: true });
  const [told] = await work({ cwd }, "erase", ENTRY);
  expect(told?.owed).toEqual([]);
  expect(namesIn(cwd, "offsite")).toEqual([`${name}-2`]);
  expect(decrypted(cwd)).not.toContain(ENTRY);
  expect(decrypted(cwd)).toContain("line 1004000000000 of 1");
});

test("where only an encrypted copy is left its identity is needed, and nothing unencrypted stays behind", async () => {
  const { cwd, path, name } = await rewrittenProject({ isEncrypted: true });
  rmSync(path, { recursive: true });
  rmSync(join(cwd, ".contextcore", "copies"), { recursive: true });
  const [without] = await work({ cwd }, "erase", ENTRY);
  expect(without?.owed).toEqual([
    { where: `offsite:${name}`, reason: expect.stringContaining("--identity FILE") },
  ]);
  const [told] = await work({ cwd }, "erase", ENTRY, join(cwd, "identity"));
  expect(told).toMatchObject({ counts: { entries: 1 }, owed: [] });
  expect([namesIn(cwd, "backups"), namesIn(cwd, "offsite")]).toEqual([[], [`${name}-2`]]);
  expect(decrypted(cwd)).not.toContain(ENTRY);
  expect(existsSync(join(cwd, ".contextcore", "rewriting"))).toBe(false);
});

test("a place that cannot be reached is owed, and done when it is back", async () => {
  const { cwd, name } = await rewrittenProject();
  renameSync(join(cwd, "offsite"), join(cwd, "away"));
  writeFileSync(join(cwd, "offsite"), "no directory");
  const [told] = await work({ cwd }, "erase", ENTRY);
  expect(told).toMatchObject({ counts: { entries: 1 }, owed: [{ where: `offsite:${name}` }] });
  rmSync(join(cwd, "offsite"));
  renameSync(join(cwd, "away"), join(cwd, "offsite"));
  expect(placesWith(cwd, ENTRY)).toEqual(["offsite"]);
  expect(await work({ cwd }, "finish")).toMatchObject({ owed: [] } as never);
  expect(placesWith(cwd, ENTRY)).toEqual([]);
  expect((await readKept(join(cwd, "offsite"))).snapshots.length).toBe(1);
});
