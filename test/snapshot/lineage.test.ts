/** A chain holds although a snapshot in it was written anew. */
import { expect, test } from "bun:test";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { newestChain } from "../../src/snapshot/catalog/chain.ts";
import { keptAt, readKept } from "../../src/snapshot/catalog/kept.ts";
import { removeSnapshot } from "../../src/snapshot/catalog/prune.ts";
import { planPrune } from "../../src/snapshot/catalog/retention.ts";
import { readManifest } from "../../src/snapshot/read/manifest-file.ts";
import { localStorage } from "../../src/storage/local.ts";
import { scratch } from "../export/run.ts";
import { claim } from "./forge.ts";
import { rewritten } from "./rewrite/rewriting.ts";
import { smallSnapshot } from "./small.ts";

const DAY_LATER = "20990102-000000";

/** A snapshot, and another one that continues it. */
async function chain(directory: string): Promise<string> {
  const first = await smallSnapshot(directory);
  const { sha256 } = await readManifest(first);
  const name = first.slice(directory.length + 1);
  const next = join(directory, DAY_LATER);
  cpSync(first, next, { recursive: true });
  claim(next, (manifest) => {
    manifest.created = "2099-01-02T00:00:00Z";
    for (const plugin of manifest.plugins) plugin.parent = { snapshot: name, sha256 };
    for (const plugin of manifest.plugins)
      plugin.range = { from: "1970-01-01T00:17:00Z", to: "1970-01-01T00:18:00Z" };
    for (const plugin of manifest.plugins) plugin.windows = [];
  });
  return first;
}

const linksOf = async (directory: string, backend: string) => {
  const found = newestChain(await readKept(directory), backend);
  return { links: found?.links.map(({ snapshot }) => snapshot.path), missing: found?.missing };
};

test("what continues a snapshot finds its successor by what that was", async () => {
  using directory = scratch();
  const first = await chain(directory.path);
  const placed = await rewritten(first, {
    isGone: (_, { content }) => content.includes("line 1003000000000"),
  });
  await removeSnapshot(await keptAt(localStorage(first)), () => {});
  expect(await linksOf(directory.path, "logs")).toEqual({
    links: [placed?.path ?? "", join(directory.path, DAY_LATER)],
    missing: [],
  });
});

test("a backend that was taken out of what another snapshot continues is not missing", async () => {
  using directory = scratch();
  const first = await chain(directory.path);
  await rewritten(first, { without: ["logs"] });
  await removeSnapshot(await keptAt(localStorage(first)), () => {});
  expect(await linksOf(directory.path, "logs")).toEqual({
    links: [join(directory.path, DAY_LATER)],
    missing: [],
  });
  expect((await linksOf(directory.path, "traces")).links?.length).toBe(2);
});

test("a successor covers what its predecessor covered", async () => {
  using directory = scratch();
  const first = await smallSnapshot(directory.path);
  await rewritten(first, { isGone: (_, { content }) => content.includes("line 1003000000000") });
  const { snapshots } = await readKept(directory.path);
  const decisions = planPrune(snapshots, { last: 1 }, { now: 0n });
  expect(decisions.map(({ reasons }) => reasons.length > 0)).toEqual([true]);
  const before = (await keptAt(localStorage(first))).manifest.plugins[0];
  expect(snapshots[0]?.manifest.plugins[0]).toMatchObject({
    range: before?.range,
    status: before?.status,
  } as never);
});
