import { describe, expect, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { ExportStopped, Interrupted } from "../../src/export/errors.ts";
import { resumeSnapshot } from "../../src/export/export-snapshot.ts";
import { takeLock } from "../../src/snapshot/write/lock.ts";
import { listPartials } from "../../src/snapshot/write/partial.ts";
import { random } from "../lab/random.ts";
import { fakeBackend, fakeRange, temporary } from "./fake-backend.ts";
import { exportKilling } from "./killing.ts";
import { allTimes, FAST, jobOf, linesIn, runExport, scratch, timesByStream } from "./run.ts";
import { serveSteps } from "./step-server.ts";

/** Starts an export and interrupts it when `steps` steps were begun. @returns the unfinished snapshot */
async function interrupted(directory: string, steps: number, more = {}): Promise<string> {
  const abort = new AbortController();
  let begun = 0;
  const open = fakeBackend({
    objects: 4,
    onStep: () => {
      begun += 1;
      if (begun === steps) abort.abort(new Error("Ctrl-C"));
      return undefined;
    },
  });
  const failure = await runExport(directory, [open], { signal: abort.signal, ...more }).catch(
    (error) => error,
  );
  expect(failure).toBeInstanceOf(Interrupted);
  const [partial = ""] = await listPartials(directory);
  expect(failure.partial).toBe(partial);
  return partial;
}

const resume = (partial: string, more = {}) =>
  resumeSnapshot(partial, jobOf("", [fakeBackend({ objects: 4 })], more));

describe("an interrupted export", () => {
  test.each([1, 2, 3, 5, 8, 12, 16])(
    "after %d steps, resumed, holds what an uninterrupted one holds",
    async (steps) => {
      using dir = scratch();
      const partial = await interrupted(dir.path, steps);
      const { path, manifest } = await resume(partial);
      expect(timesByStream(path)).toEqual(allTimes(3, 20));
      expect(readdirSync(join(path, "fake/objects")).length).toBe(4);
      expect([manifest.status, manifest.resumed, manifest.plugins[0]?.agrees]).toEqual(["complete", 1, true]);
      expect(readdirSync(dir.path)).toEqual([path.slice(dir.path.length + 1)]);
    },
  );

  test("resumed goes on with its own compression and parts", async () => {
    using dir = scratch();
    const partial = await interrupted(dir.path, 12, { compression: "zstd", fileBytesMax: 300 });
    const { manifest } = await resume(partial);
    expect(manifest.compression).toBe("zstd");
    expect(manifest.plugins[0]?.counts).toEqual({ entries: 60, objects: 4 });
    expect(manifest.plugins[0]?.files.filter((file) => file.of === "logs.json").length).toBeGreaterThan(2);
  });

  test("does not run again what it had committed", async () => {
    using dir = scratch();
    const partial = await interrupted(dir.path, 12);
    const again = fakeBackend({ objects: 4 });
    await resumeSnapshot(partial, jobOf("", [again]));
    expect(again.steps()).toBeLessThanOrEqual(17 - 7);
    expect(again.steps()).toBeGreaterThan(0);
  });

  test("tries again what had failed before", async () => {
    using dir = scratch();
    const abort = new AbortController();
    const open = fakeBackend({
      onStep: ({ stream, from }) => {
        if (stream === 0) throw temporary();
        if (stream === 2 && from === "1010000000000") abort.abort();
        return undefined;
      },
    });
    await runExport(dir.path, [open], { signal: abort.signal, concurrency: 1 }).catch(() => {});
    const [partial = ""] = await listPartials(dir.path);
    const { path, manifest } = await resumeSnapshot(partial, jobOf("", [fakeBackend()]));
    expect(manifest.status).toBe("complete");
    expect(timesByStream(path)).toEqual(allTimes(3, 20));
  });

  test("whose plugin is no longer there is partial, with what was read", async () => {
    using dir = scratch();
    const partial = await interrupted(dir.path, 12);
    const { manifest } = await resumeSnapshot(partial, jobOf("", []));
    expect(manifest.plugins[0]).toMatchObject({ name: "fake", status: "partial" });
    expect(manifest.plugins[0]?.problems[0]?.reason).toBe("it was not opened when the export was resumed");
    expect(manifest.plugins.length).toBe(1);
  });

  test("whose plugin cannot be opened says why, once", async () => {
    using dir = scratch();
    const partial = await interrupted(dir.path, 12);
    const failures = [{ name: "fake", reason: "fake: connection refused" }];
    const { manifest } = await resumeSnapshot(partial, jobOf("", [], { failures }));
    expect(manifest.plugins.map(({ name, problems }) => [name, problems[0]?.reason])).toEqual([
      ["fake", "fake: connection refused"],
    ]);
  });

  const outage = (): never => {
    throw temporary("fake: connection refused", {});
  };

  test.each([
    ["at all", { hooks: { inventory: async () => outage() } }],
    ["a single step", { onStep: outage }],
  ])("of a server that does not answer %s when it is resumed stays resumable", async (_, down) => {
    using dir = scratch();
    const partial = await interrupted(dir.path, 9);
    const job = jobOf("", [fakeBackend({ objects: 4, ...down })], { tuning: { ...FAST, failuresMax: 2 } });
    const failure = await resumeSnapshot(partial, job).catch((error) => error);
    expect(failure).toBeInstanceOf(ExportStopped);
    expect(failure.message).toMatch(/^the export stopped: fake could not go on, \d+ steps wait: .*refused/);
    expect(failure.hint).toContain(`contextcore export --resume ${partial}`);
    expect(await listPartials(dir.path)).toEqual([partial]);
    const { path, manifest } = await resume(partial);
    expect([manifest.status, manifest.resumed]).toEqual(["complete", 2]);
    expect(timesByStream(path)).toEqual(allTimes(3, 20));
  });

  test("that only lacks its end is partial, not failed, when the server does not answer", async () => {
    using dir = scratch();
    const abort = new AbortController();
    let counts = 0;
    const count = async () => {
      counts += 1;
      // The first is from before the records are read.
      if (counts === 2) abort.abort();
      return undefined;
    };
    const open = fakeBackend({ hooks: { count } });
    await runExport(dir.path, [open], { signal: abort.signal }).catch(() => {});
    const [partial = ""] = await listPartials(dir.path);
    const down = fakeBackend({ hooks: { inventory: async () => outage() } });
    const { path, manifest } = await resumeSnapshot(partial, jobOf("", [down]));
    expect([manifest.status, manifest.plugins[0]?.status]).toEqual(["partial", "partial"]);
    expect(timesByStream(path)).toEqual(allTimes(3, 20));
  });

  test("is not resumed twice at once", async () => {
    using dir = scratch();
    const partial = await interrupted(dir.path, 5);
    const lock = takeLock(join(partial, "lock"));
    await expect(resume(partial)).rejects.toThrow("another export is writing this snapshot");
    lock.release();
    expect((await resume(partial)).manifest.status).toBe("complete");
  });
});

describe("what a crash leaves", () => {
  const tail = (partial: string, file: string): string => join(partial, file);

  test("bytes that no block names are cut away", async () => {
    using dir = scratch();
    const partial = await interrupted(dir.path, 12);
    appendFileSync(tail(partial, "logs.json"), `{"streams":[{"str${"x".repeat(100_000)}`);
    mkdirSync(tail(partial, "fake/objects"), { recursive: true });
    writeFileSync(tail(partial, "fake/objects/object-99.json"), "half");
    const { path } = await resume(partial);
    expect(timesByStream(path)).toEqual(allTimes(3, 20));
    expect(existsSync(join(path, "fake/objects/object-99.json"))).toBe(false);
  });

  test("is all that is removed, however the directory is written", async () => {
    for (const spell of [
      (partial: string) => `${partial}/`,
      (partial: string) => `./${relative(process.cwd(), partial)}`,
      (partial: string) => partial.replace(/\/([^/]*)$/, "/.//$1"),
    ]) {
      using dir = scratch();
      const partial = await interrupted(dir.path, 14);
      const { manifest } = await resume(spell(partial));
      expect([manifest.status, manifest.plugins[0]?.counts]).toEqual([
        "complete",
        { entries: 60, objects: 4 },
      ]);
      const [name = ""] = readdirSync(dir.path);
      expect(timesByStream(join(dir.path, name))).toEqual(allTimes(3, 20));
      expect(readdirSync(join(dir.path, name, "fake/objects")).length).toBe(4);
    }
  });

  test("an index cut anywhere resumes to the same records", async () => {
    using dir = scratch();
    const original = await interrupted(dir.path, 14);
    const next = random(7);
    for (let round = 0; round < 25; round += 1) {
      using copy = scratch();
      const partial = join(copy.path, ".20260101-000000.partial");
      await Bun.$`cp -r ${original} ${partial}`.quiet();
      const index = join(partial, "blocks.jsonl");
      truncateSync(index, Math.floor(next() * readFileSync(index).length));
      const { path, manifest } = await resume(partial);
      expect(timesByStream(path)).toEqual(allTimes(3, 20));
      expect(manifest.status).toBe("complete");
    }
  }, 60_000);

  test("data that is not what was committed is refused, not built upon", async () => {
    using dir = scratch();
    const partial = await interrupted(dir.path, 12);
    const file = tail(partial, "logs.json");
    const bytes = readFileSync(file);
    bytes[10] = (bytes[10] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    await expect(resume(partial)).rejects.toThrow("does not hold what was committed at byte 0");
  });

  test("between the manifest and the new name is only renamed", async () => {
    using dir = scratch();
    const { path } = await runExport(dir.path, [fakeBackend()]);
    const partial = join(dir.path, ".20260101-000000.partial");
    await Bun.$`mv ${path} ${partial}`.quiet();
    writeFileSync(join(partial, "request.json"), "{}");
    const resumed = await resumeSnapshot(partial, jobOf("", []));
    expect(resumed.path).toBe(join(dir.path, "20260101-000000"));
    expect(readdirSync(resumed.path).sort()).toEqual(["blocks.jsonl", "logs.json", "manifest.json"]);
  });

  test("a whole one that another process holds is not renamed under its hands", async () => {
    using dir = scratch();
    const { path } = await runExport(dir.path, [fakeBackend()]);
    const partial = join(dir.path, ".20260101-000000.partial");
    await Bun.$`mv ${path} ${partial}`.quiet();
    const lock = takeLock(join(partial, "lock"));
    await expect(resume(partial)).rejects.toThrow("another export is writing this snapshot");
    expect(existsSync(partial)).toBe(true);
    lock.release();
    expect((await resume(partial)).path).toBe(join(dir.path, "20260101-000000"));
  });

  test("a directory that is no unfinished export is refused", async () => {
    using dir = scratch();
    await expect(resume(dir.path)).rejects.toThrow(
      "cannot be resumed: request.json is missing or unreadable",
    );
  });
});

const ENTRIES = 600;

/** Without the two values in the message: they are long. */
const isSame = (a: unknown, b: unknown): boolean => Bun.deepEquals(a, b);

describe("kill -9", () => {
  test.each([
    ["page after page", false],
    ["with bisection", true],
  ])(
    "at random points, again and again, %s, then resumed: the records of an uninterrupted export",
    async (_, bisects) => {
      using dir = scratch();
      const whole = () => fakeBackend({ streams: 4, entries: ENTRIES, objects: 20, bisects });
      using server = serveSteps(whole(), 3);
      const kills = await exportKilling(server.url, dir.path, ENTRIES, random(bisects ? 11 : 12));
      expect(kills).toBeGreaterThan(3);
      const [name = ""] = readdirSync(dir.path).filter((one) => !one.startsWith("."));
      const path = join(dir.path, name);
      const backends = [{ open: whole(), request: { range: fakeRange(ENTRIES) } }];
      const uninterrupted = await runExport(join(dir.path, "whole"), [], { backends });
      expect(isSame(linesIn(path, "logs.json").sort(), linesIn(uninterrupted.path, "logs.json").sort())).toBe(
        true,
      );
      if (!bisects) expect(isSame(timesByStream(path), allTimes(4, ENTRIES))).toBe(true);
      expect(readdirSync(join(path, "fake/objects")).length).toBe(20);
    },
    120_000,
  );
});
