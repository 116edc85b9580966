/** Snapshots that lie in no directory: they are found, verified and read through the seam for bytes at rest alone. */
import { expect, test } from "bun:test";
import { chooseAll } from "../../src/snapshot/catalog/choose.ts";
import { misnamedIn, readKept } from "../../src/snapshot/catalog/kept.ts";
import { openChain } from "../../src/snapshot/catalog/open-chain.ts";
import { localStorage } from "../../src/storage/local.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { verifySnapshot } from "../../src/verify/verify.ts";
import { FIRST, SECOND } from "../export/fake-backend.ts";
import { runExport, scratch } from "../export/run.ts";
import { STREAMS, windowedBackend } from "../export/windowed-backend.ts";
import { copyAll, memoryStorage } from "../storage/memory.ts";

const { signal } = new AbortController();

/** Two snapshots with half of their time in common, whose directories are gone. */
async function elsewhere(): Promise<Storage> {
  using dir = scratch();
  const place = memoryStorage("memory:/backups");
  for (const seconds of [0n, 20n]) {
    const range = { from: FIRST + seconds * SECOND, to: FIRST + (seconds + 40n) * SECOND };
    const open = windowedBackend({});
    await runExport(dir.path, [], { compression: "zstd", backends: [{ open, request: { range } }] });
  }
  await copyAll(localStorage(dir.path), place);
  return place;
}

test("kept snapshots are listed, proved, and opened as one chain", async () => {
  const place = await elsewhere();
  const kept = await readKept(place);
  expect([kept.snapshots.length, kept.unreadable]).toEqual([2, []]);
  for (const { files } of kept.snapshots) {
    const { path, sound, flaws } = await verifySnapshot(files);
    expect({ path, sound, flaws }).toEqual({ path: files.root, sound: true, flaws: [] });
  }
  const { chains } = chooseAll(kept, () => true);
  await using chain = await openChain(chains, { signal });
  const entries: string[] = [];
  for await (const { block } of chain.snapshot.blocks())
    for await (const line of chain.snapshot.lines(block))
      for (const { stream, values } of JSON.parse(line).streams ?? [])
        for (const [time] of values) entries.push(`${stream.number} ${time}`);
  expect([entries.length, new Set(entries).size]).toEqual([60 * STREAMS, 60 * STREAMS]);
});

test("a changed byte is found, and named by where it lies", async () => {
  const place = await elsewhere();
  const [first] = await place.names();
  const files = place.within(first ?? "");
  const data = Buffer.from(await files.read("logs.json.zst", 1 << 30));
  data.writeUInt8(data.readUInt8(20) ^ 1, 20);
  await files.write("logs.json.zst", data);
  const { sound, flaws } = await verifySnapshot(files);
  expect([sound, flaws[0]?.subject]).toEqual([false, "logs.json.zst"]);
  await files.write("manifest.json", "{}");
  const { unreadable } = await readKept(place);
  expect(unreadable.map(({ path, reason }) => [path, reason])).toEqual([
    [files.root, expect.stringContaining(files.shown("manifest.json"))],
  ]);
});

test("a snapshot under another name than a snapshot's is told of", async () => {
  const place = await elsewhere();
  const [first = ""] = await place.names();
  await copyAll(place.within(first), place.within("before-upgrade"));
  expect((await misnamedIn(place)).map(({ path }) => path)).toEqual([place.shown("before-upgrade")]);
});
