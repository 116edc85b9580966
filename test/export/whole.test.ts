/** Sources that can only be read from their beginning: all of it or nothing, whatever happens in the middle. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { resumeSnapshot } from "../../src/export/export-snapshot.ts";
import { createTemporarySpace } from "../../src/export/whole/temporary-space.ts";
import { listPartials } from "../../src/snapshot/write/partial.ts";
import { freeBytes } from "../../src/storage/free-space.ts";
import { verifySnapshot } from "../../src/verify/verify.ts";
import { dumpBackend, noise } from "./dump-backend.ts";
import { fakeBackend, temporary } from "./fake-backend.ts";
import { FAST, jobOf, runExport, scratch } from "./run.ts";

const LEDGER = noise(200_000);
const bytesOf = (path: string): Uint8Array => new Uint8Array(readFileSync(join(path, "fake/ledger.db")));

test("what fails in the middle begins again, and nothing of the first attempt is kept", async () => {
  using dir = scratch();
  const open = dumpBackend({
    dumps: { "ledger.db": LEDGER },
    onPiece: (piece, attempt) => {
      if (piece === 12 && attempt < 2) throw temporary("connection reset");
    },
  });
  const { manifest, path } = await runExport(dir.path, [open]);
  expect(manifest.status).toBe("complete");
  expect(bytesOf(path)).toEqual(LEDGER);
  expect(manifest.plugins[0]?.counts).toEqual({ dumps: 1 });
  expect(manifest.plugins[0]?.notes.read).toBe("as a whole");
  expect((await verifySnapshot(path)).flaws).toEqual([]);
});

test("what never comes to its end leaves nothing, is named, and costs nothing else", async () => {
  using dir = scratch();
  const open = dumpBackend({
    files: { "x.bin": noise(10) },
    dumps: { "ledger.db": LEDGER },
    onPiece: (piece) => {
      if (piece === 12) throw temporary("connection reset");
    },
  });
  const { manifest, path } = await runExport(dir.path, [open]);
  expect(manifest.plugins[0]?.problems[0]).toMatchObject({
    kind: "incomplete",
    reason: "connection reset",
    items: ["dump ledger.db, restart whole"],
  });
  expect(await readdir(join(path, "fake"))).toEqual(["x.bin"]);
  expect((await verifySnapshot(path)).flaws).toEqual([]);
});

test("a piece that hangs ends the attempt at the time limit of a step", async () => {
  using dir = scratch();
  const open = dumpBackend({
    dumps: { "ledger.db": LEDGER },
    onPiece: (piece, attempt) => (piece === 3 && attempt === 0 ? new Promise<void>(() => {}) : undefined),
  });
  const { manifest, path } = await runExport(dir.path, [open], {
    tuning: { ...FAST, stepMs: 60, graceMs: 10 },
  });
  expect(manifest.status).toBe("complete");
  expect(bytesOf(path)).toEqual(LEDGER);
});

test("lines that are read as a whole have a file of their own, beside what other steps write", async () => {
  using dir = scratch();
  const open = fakeBackend();
  const lines = Array.from({ length: 50 }, (_, at) => `${JSON.stringify({ row: at })}\n`);
  async function* read() {
    for (const text of lines)
      yield { records: [{ file: "fake/rows.jsonl", text, lines: 1, from: 0n, to: 1n, counts: { rows: 1 } }] };
  }
  const { start } = open.backend.export;
  const exporter = {
    ...open.backend.export,
    read,
    start: async (...args: Parameters<typeof start>) => {
      const first = await start(...args);
      return { ...first, cursors: [{ rows: true, restart: "whole" }, ...first.cursors] };
    },
  };
  const { manifest, path } = await runExport(dir.path, [
    { ...open, backend: { ...open.backend, export: exporter } },
  ]);
  expect([manifest.status, manifest.plugins[0]?.counts.rows]).toEqual(["complete", 50]);
  expect(readFileSync(join(path, "fake/rows.jsonl"), "utf8")).toBe(lines.join(""));
  expect((await verifySnapshot(path)).flaws).toEqual([]);
});

test("a cursor that is to be read as a whole, of an exporter without `read`, is a defect that is named", async () => {
  using dir = scratch();
  const open = dumpBackend({ dumps: { "ledger.db": LEDGER } });
  const { read: _, ...exporter } = open.backend.export;
  const { manifest } = await runExport(dir.path, [
    { ...open, backend: { ...open.backend, export: exporter } },
  ]);
  expect(manifest.plugins[0]?.problems[0]?.reason).toContain("the exporter has no `read`");
});

test("temporary space is looked at before: with too little nothing is read, and it is said how much is lacking", async () => {
  using dir = scratch();
  let pieces = 0;
  const open = dumpBackend({
    dumps: { "ledger.db": LEDGER },
    temporaryBytes: 2 ** 50,
    onPiece: () => {
      pieces += 1;
    },
  });
  const { manifest } = await runExport(dir.path, [open]);
  const [problem] = manifest.plugins[0]?.problems ?? [];
  expect(problem?.reason).toMatch(/^it needs 1\.1 PB of temporary space, and .* free: set TMPDIR/);
  expect([manifest.status, pieces]).toEqual(["partial", 0]);
});

test("temporary space that is there is told in the notes", async () => {
  using dir = scratch();
  const open = dumpBackend({ dumps: { "ledger.db": LEDGER }, temporaryBytes: 1_000 });
  const { manifest } = await runExport(dir.path, [open]);
  expect(manifest.plugins[0]?.notes["temporary space"]).toMatch(/^1(\.0)? kB in /);
});

test("a source keeps the space that it was promised while it is read: two that do not fit are read one after the other", async () => {
  using dir = scratch();
  let [reading, most] = [0, 0];
  const open = dumpBackend({
    dumps: { "a.db": LEDGER, "b.db": LEDGER },
    pieceBytes: LEDGER.length / 2,
    temporaryBytes: Math.floor((freeBytes(tmpdir()) ?? 0) * 0.6),
    async onPiece(piece) {
      reading += piece === 0 ? 1 : -1;
      most = Math.max(most, reading);
      await Bun.sleep(5);
    },
  });
  const { manifest } = await runExport(dir.path, [open]);
  expect([manifest.status, most]).toEqual(["complete", 1]);
});

test("space that one source was promised, another one waits for", async () => {
  const space = createTemporarySpace("/tmp", () => 100);
  const first = await space.take(70);
  let second: Disposable | undefined;
  const waiting = space.take(50).then((taken) => {
    second = taken;
  });
  await Bun.sleep(5);
  expect(second).toBeUndefined();
  first[Symbol.dispose]();
  await waiting;
  expect(second).toBeDefined();
  second?.[Symbol.dispose]();
  await expect(space.take(101)).rejects.toMatchObject({ kind: "refused" });
});

const LARGE = noise(1_000_000);

test("an export that is killed in the middle begins that source again, and the result is equal", async () => {
  using dir = scratch();
  const child = (): Bun.Subprocess<"ignore", "pipe"> =>
    Bun.spawn([process.execPath, resolve(import.meta.dir, "dump-child.ts"), dir.path], { stdout: "pipe" });
  const killed = child();
  const reader = killed.stdout.getReader();
  // It says so once the dump's first half is written and another source is committed.
  await reader.read();
  killed.kill(9);
  await killed.exited;
  const [partial = ""] = await listPartials(dir.path);
  const left = readFileSync(join(partial, "fake/ledger.db"));
  expect(left.length).toBeGreaterThan(0);
  expect(readFileSync(join(partial, "blocks.jsonl"), "utf8")).not.toContain('"file":"fake/ledger.db"');

  const begun: number[] = [];
  let wasThere: boolean | undefined;
  const open = dumpBackend({
    files: { "x.bin": noise(10) },
    dumps: { "ledger.db": LARGE },
    onPiece: (piece) => {
      begun.push(piece);
      wasThere ??= existsSync(join(partial, "fake/ledger.db"));
    },
  });
  const { manifest, path } = await resumeSnapshot(partial, jobOf(dir.path, [open]));
  // What the killed attempt had written was cut away before.
  expect([begun[0], wasThere]).toEqual([0, false]);
  expect(manifest.status).toBe("complete");
  expect(bytesOf(path)).toEqual(LARGE);
  expect((await verifySnapshot(path)).flaws).toEqual([]);
}, 20_000);
