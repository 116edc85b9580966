/** Files of any content in a snapshot: written, proved, compared and put back. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openRestoreJournal } from "../../src/restore/journal.ts";
import { planRestore } from "../../src/restore/plan.ts";
import { runRestore } from "../../src/restore/run.ts";
import { openSnapshot } from "../../src/snapshot/read/reader.ts";
import { diffSnapshots } from "../../src/verify/diff.ts";
import { verifySnapshot } from "../../src/verify/verify.ts";
import { allBlocks, flipBit } from "../restore/damaged.ts";
import { dumpBackend, noise } from "./dump-backend.ts";
import { fakeBackend } from "./fake-backend.ts";
import { runExport, scratch } from "./run.ts";

const FILES = { "etc/a.conf": noise(3_000, 7), "etc/A.conf": noise(10), empty: noise(0) };
const DUMPS = { "ledger.db": noise(123_456), "small.db": noise(1), "none.db": noise(0) };
const signal = new AbortController().signal;

/** Restores everything of the snapshot. @returns what came of it */
async function restored(path: string, directory: string) {
  const snapshot = await openSnapshot(path);
  const into = dumpBackend({});
  const plan = await planRestore({ snapshot, backends: [into], labels: {}, signal });
  const journal = await openRestoreJournal(directory);
  const [outcome] = await runRestore({ plan, journal, signal });
  await Promise.all([journal.close(), snapshot.close()]);
  return { outcome, plan, taken: into.taken };
}

const held = (all: Readonly<Record<string, Uint8Array>>): [string, string][] =>
  Object.entries(all)
    .filter(([, bytes]) => bytes.length > 0)
    .map(([name, bytes]) => [`fake/${name}`, Buffer.from(bytes).toString("hex")] as [string, string])
    .sort();

describe.each([
  ["as it is", {}],
  ["compressed", { compression: "zstd" as const }],
  ["in parts", { fileBytesMax: 25_000 }],
  ["compressed, in parts", { compression: "zstd" as const, fileBytesMax: 25_000 }],
])("a snapshot with bytes, %s,", (_, more) => {
  test("is sound, and what is put back equals what was there", async () => {
    using dir = scratch();
    const open = dumpBackend({ files: FILES, dumps: DUMPS });
    const { manifest, path } = await runExport(dir.path, [open, fakeBackend({ name: "logs" })], more);
    expect(manifest.status).toBe("complete");
    expect(manifest.plugins[0]?.counts).toEqual({ files: 3, dumps: 3 });
    expect(new Set(manifest.plugins[0]?.files.map(({ kind }) => kind))).toEqual(new Set(["bytes"]));
    expect((await verifySnapshot(path)).flaws).toEqual([]);
    const { taken, outcome } = await restored(path, join(dir.path, "restore"));
    expect(outcome).toMatchObject({ lost: [], rejected: 0 });
    expect(outcome?.failure).toBeUndefined();
    expect(held(Object.fromEntries([...taken].map(([file, bytes]) => [file.slice(5), bytes])))).toEqual(
      held({ ...FILES, ...DUMPS }),
    );
  });

  test("shows any byte that changed, and none of that file is put back", async () => {
    using dir = scratch();
    const { path } = await runExport(dir.path, [dumpBackend({ files: FILES, dumps: DUMPS })], more);
    const ofLedger = allBlocks(path).filter((block) => (block.of ?? block.file) === "fake/ledger.db");
    const [, second] = ofLedger;
    if (second === undefined) throw new Error("the ledger has one block");
    flipBit(path, second);
    const { flaws } = await verifySnapshot(path, { depth: "checksums" });
    expect(flaws[0]).toMatchObject({ subject: second.file, message: "checksum mismatch" });
    const { taken, outcome } = await restored(path, join(dir.path, "restore"));
    expect(taken.has("fake/ledger.db")).toBe(false);
    expect(taken.has("fake/etc/a.conf")).toBe(true);
    expect(outcome?.lost).toHaveLength(ofLedger.length);
  });
});

test("the index and the manifest say that they are bytes, and the file is what it was", async () => {
  using dir = scratch();
  const { path } = await runExport(dir.path, [dumpBackend({ files: { "x.bin": noise(1_000) } })]);
  const lines = readFileSync(join(path, "blocks.jsonl"), "utf8").trimEnd().split("\n");
  const blocks = lines.map((line) => JSON.parse(line)).filter(({ file }) => file === "fake/x.bin");
  expect(blocks.map(({ kind, records, bytes }) => [kind, records, bytes])).toEqual([
    ["bytes", 0, 500],
    ["bytes", 0, 500],
  ]);
  expect(Buffer.compare(readFileSync(join(path, "fake/x.bin")), noise(1_000))).toBe(0);
});

test("two snapshots differ in the files that differ, however these were cut", async () => {
  using dir = scratch();
  const one = dumpBackend({ dumps: { ...DUMPS, "old.db": noise(9) } });
  const other = dumpBackend({ dumps: { ...DUMPS, "small.db": noise(2) }, pieceBytes: 777 });
  const snapshots = [];
  for (const open of [one, other])
    snapshots.push(await openSnapshot((await runExport(dir.path, [open])).path));
  const [a, b] = snapshots;
  if (a === undefined || b === undefined) throw new Error("there are two");
  const found = (await diffSnapshots(a, b)).filter(({ file }) => file.startsWith("fake/"));
  expect(found.map(({ file, unit, onlyA, onlyB, both }) => [file, unit, onlyA, onlyB, both])).toEqual([
    ["fake/ledger.db", "files", 0, 0, 1],
    ["fake/none.db", "files", 0, 0, 1],
    ["fake/old.db", "files", 1, 0, 0],
    ["fake/small.db", "files", 1, 1, 0],
  ]);
  await Promise.all([a.close(), b.close()]);
});

describe("a step whose bytes", () => {
  const answered = async (records: object[]) => {
    using dir = scratch();
    const open = dumpBackend({ files: { a: noise(1), b: noise(1) } });
    const exporter = { ...open.backend.export, step: async () => ({ records }) as never };
    const { manifest } = await runExport(dir.path, [
      { ...open, backend: { ...open.backend, export: exporter } },
    ]);
    return manifest.plugins[0]?.problems.map(({ reason }) => reason).join("; ");
  };
  const bytes = { kind: "bytes", file: "fake/x", bytes: noise(3) };

  test.each<[string, object, string]>([
    ["are a text", { bytes: "text" }, "the plugin's answer makes no sense"],
    ["lie at the top", { file: "logs.json" }, "it is not in the folder fake/"],
    ["leave the folder", { file: "fake/../x" }, "not a safe file name"],
    ["are of an unknown kind", { kind: "blob" }, 'records have the unknown kind "blob"'],
    ["count nonsense", { counts: { files: -1 } }, "counts.files is -1"],
  ])("%s is refused", async (_, over, reason) => {
    expect(await answered([{ ...bytes, ...over }])).toContain(reason);
  });

  test("go into another step's file is refused: the first one stays as it is", async () => {
    expect(await answered([bytes])).toContain("fake/x cannot be written: another step writes it exclusively");
  });
});
