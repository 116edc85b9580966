/** What cannot be read here is written anew from a copy, and nothing that lies anywhere is overlooked. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { verifySnapshot } from "../../src/verify/verify.ts";
import { ENTRY, namesIn, placesWith, rewrittenProject, work } from "./rewritten-project.ts";

setDefaultTimeout(60_000);

test("what is damaged here is written anew from a copy, and is whole again", async () => {
  const { cwd, path, name } = await rewrittenProject();
  const logs = readFileSync(join(path, "logs.json"));
  const at = logs.indexOf(ENTRY);
  logs[at] = (logs[at] ?? 0) ^ 1;
  writeFileSync(join(path, "logs.json"), logs);
  const [told] = await work({ cwd }, "erase", ENTRY);
  expect(told).toMatchObject({ counts: { entries: 1 }, owed: [] });
  expect([namesIn(cwd, "backups"), namesIn(cwd, "offsite")]).toEqual([[`${name}-2`], [`${name}-2`]]);
  expect((await verifySnapshot(`${path}-2`)).flaws).toEqual([]);
  expect(placesWith(cwd, ENTRY)).toEqual([]);
});

test("where all of them are damaged the old ones stay, and are owed", async () => {
  const { cwd, path, name } = await rewrittenProject();
  for (const folder of [path, join(cwd, "offsite", name)])
    writeFileSync(join(folder, "logs.json"), "damaged");
  const [told] = await work({ cwd }, "erase", ENTRY);
  expect(told?.owed.map(({ where }) => where)).toEqual([path, `offsite:${name}`]);
  expect([namesIn(cwd, "backups"), namesIn(cwd, "offsite")]).toEqual([[name], [name]]);
});

test("an old snapshot that was brought back beside its successor's copy is written anew, too", async () => {
  const { cwd, path, name } = await rewrittenProject();
  cpSync(path, join(cwd, "aside"), { recursive: true });
  await work({ cwd }, "erase", ENTRY);
  renameSync(`${path}-2`, join(cwd, "lost"));
  renameSync(join(cwd, "aside"), path);
  expect(placesWith(cwd, ENTRY)).toEqual(["backups"]);
  const told = await work({ cwd }, "erase", ENTRY);
  expect(told.flatMap(({ owed }) => owed)).toEqual([]);
  expect(namesIn(cwd, "backups")).toEqual([`${name}-3`]);
  expect(namesIn(cwd, "offsite")).toEqual([`${name}-2`]);
  expect(placesWith(cwd, ENTRY)).toEqual([]);
});
