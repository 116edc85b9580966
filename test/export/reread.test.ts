/** What the server counts fuller than it was read is read once more: against a backend in memory. */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Cursor } from "contextcore";
import { Interrupted } from "../../src/export/errors.ts";
import { resumeSnapshot } from "../../src/export/export-snapshot.ts";
import type { ExportJob } from "../../src/export/types.ts";
import type { Manifest } from "../../src/snapshot/format/manifest.ts";
import { listPartials } from "../../src/snapshot/write/partial.ts";
import { verifySnapshot } from "../../src/verify/verify.ts";
import { random } from "../lab/random.ts";
import { fakeBackend, fakeRange, temporary } from "./fake-backend.ts";
import { startChild } from "./killing.ts";
import { allTimes, jobOf, runExport, scratch, timesByStream } from "./run.ts";
import { serveSteps } from "./step-server.ts";
import { ENTRIES, type Held, STREAMS, windowedBackend } from "./windowed-backend.ts";

const ALL = allTimes(STREAMS, ENTRIES);

const jobFor = (held: Held, more: Partial<ExportJob> = {}): Partial<ExportJob> => ({
  backends: [{ open: windowedBackend(held), request: { range: fakeRange(ENTRIES) } }],
  ...more,
});

const exportHeld = (directory: string, held: Held, more: Partial<ExportJob> = {}) =>
  runExport(directory, [], jobFor(held, more));

async function expectSound(path: string): Promise<void> {
  const { sound, flaws } = await verifySnapshot(path);
  expect([flaws, sound]).toEqual([[], true]);
  expect(readdirSync(path).sort()).toEqual(["blocks.jsonl", "fake", "logs.json", "manifest.json"]);
}

/** The times of each stream; the second reading of a window comes after all windows, as the index says. */
const sorted = (path: string): Record<string, string[]> =>
  Object.fromEntries(Object.entries(timesByStream(path)).map(([stream, times]) => [stream, times.sort()]));

const windowAt = (manifest: Manifest, window: number) => manifest.plugins[0]?.windows[window];
const problemsOf = (manifest: Manifest) => manifest.plugins[0]?.problems.map(({ reason }) => reason);

/** The first reading of the third window lacks some entries. */
const SHORT_ONCE: Held = { gives: (second, reading) => reading > 1 || second < 20 || second > 26 };

describe("a window that was answered short once", () => {
  test.each([
    ["plainly", {}],
    ["compressed", { compression: "zstd" as const }],
    ["in parts", { fileBytesMax: 400 }],
  ])("is read a second time, and each record is there once, %s", async (name, more) => {
    using dir = scratch();
    const steps: string[] = [];
    const onStep = ({ from, rules }: Cursor): void => void steps.push(String(from ?? rules));
    const { path, manifest } = await exportHeld(dir.path, { ...SHORT_ONCE, onStep }, more);
    expect([manifest.status, manifest.plugins[0]?.agrees]).toEqual(["complete", true]);
    expect(problemsOf(manifest)).toEqual([]);
    expect(windowAt(manifest, 2)).toMatchObject({ read: { entries: 20 }, firstRead: { entries: 6 } });
    expect(windowAt(manifest, 3)?.firstRead).toBeUndefined();
    expect(manifest.plugins[0]?.counts).toEqual({ entries: 200, rules: 1 });
    expect(manifest.plugins[0]?.notes["read twice"]).toStartWith("1 window, ");
    // The window and its two streams; not the other windows, and not what has no time.
    expect(steps.length).toBe(10 * 3 + 1 + 3);
    expect((await verifySnapshot(path)).flaws).toEqual([]);
    if (name !== "plainly") return;
    expect(sorted(path)).toEqual(ALL);
    await expectSound(path);
  });

  test("of which nothing was given at all is read a second time too", async () => {
    using dir = scratch();
    const held: Held = { gives: (second, reading) => reading > 1 || second < 30 || second > 69 };
    const { path, manifest } = await exportHeld(dir.path, held);
    expect(manifest.status).toBe("complete");
    expect(sorted(path)).toEqual(ALL);
    await expectSound(path);
  });

  test("when it was the whole export", async () => {
    using dir = scratch();
    const { path, manifest } = await exportHeld(dir.path, { gives: (_, reading) => reading > 1 });
    expect([manifest.status, manifest.plugins[0]?.agrees]).toEqual(["complete", true]);
    expect(sorted(path)).toEqual(ALL);
    await expectSound(path);
  });

  test("of a backend without windows is the whole export", async () => {
    using dir = scratch();
    let pages = 0;
    const open = fakeBackend({
      objects: 3,
      onStep({ stream }) {
        if (typeof stream === "number") pages += 1;
        return pages === 2 && typeof stream === "number" ? {} : undefined;
      },
    });
    const { path, manifest } = await runExport(dir.path, [open]);
    expect([manifest.status, manifest.plugins[0]?.agrees]).toEqual(["complete", true]);
    expect(manifest.plugins[0]?.counts).toEqual({ entries: 60, objects: 3 });
    expect(sorted(path)).toEqual(allTimes(3, 20));
    await expectSound(path);
  });
});

describe("two readings that are short in different places", () => {
  test("have all of it together", async () => {
    using dir = scratch();
    const held: Held = { gives: (second, reading) => second % 10 !== (reading === 1 ? 2 : 7) };
    const { path, manifest } = await exportHeld(dir.path, held);
    expect([manifest.status, manifest.plugins[0]?.agrees]).toEqual(["complete", true]);
    expect(windowAt(manifest, 0)).toMatchObject({ read: { entries: 20 }, firstRead: { entries: 18 } });
    expect(manifest.plugins[0]?.notes["read twice"]).toBe(
      "10 windows, where the server counted more than was read; that added 20 entries",
    );
    expect(sorted(path)).toEqual(ALL);
    await expectSound(path);
  });

  test("and lack the same, which is told", async () => {
    using dir = scratch();
    const held: Held = {
      gives: (second, reading) => second !== 33 && second % 10 !== (reading === 1 ? 2 : 7),
    };
    const { path, manifest } = await exportHeld(dir.path, held);
    expect([manifest.status, manifest.plugins[0]?.agrees]).toEqual(["partial", false]);
    expect(problemsOf(manifest)).toEqual(["the server counts 2 entries more than were read"]);
    expect(windowAt(manifest, 3)).toMatchObject({ read: { entries: 18 }, firstRead: { entries: 16 } });
    expect(timesByStream(path)["1"]?.length).toBe(99);
    await expectSound(path);
  });
});

/** What is lost at random, one entry in `every`, in the first reading and in all later ones. */
function randomLosses(seed: number, every: number): NonNullable<Held["gives"]> {
  const next = random(seed);
  const lost = [1, 2].map(() => Array.from({ length: ENTRIES * STREAMS }, () => next() * every < 1));
  return (second, reading, stream) => lost[reading === 1 ? 0 : 1]?.[second * STREAMS + stream] === false;
}

/** What one of the two readings gave, or both. */
const unionOf = (gives: NonNullable<Held["gives"]>): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(ALL).map(([stream, times]) => [
      stream,
      times.filter((_, second) => gives(second, 1, Number(stream)) || gives(second, 2, Number(stream))),
    ]),
  );

describe("data that arrives between the reading and the count", () => {
  test("is in the snapshot", async () => {
    using dir = scratch();
    let late = false;
    const held: Held = {
      gives: (second, _, stream) => late || second !== 99 || stream !== 1,
      counts: (window) => {
        // The first count is from before the reading.
        if (window === 9) late = steps > 0;
        return window === 9 && !late ? 19 : 20;
      },
      onStep: () => {
        steps += 1;
      },
    };
    let steps = 0;
    const { path, manifest } = await exportHeld(dir.path, held);
    expect([manifest.status, windowAt(manifest, 9)?.firstRead]).toEqual(["complete", { entries: 19 }]);
    expect(sorted(path)).toEqual(ALL);
    await expectSound(path);
  });
});

describe("a server that has lost lines", () => {
  test("is read twice, and what differs is a problem", async () => {
    using dir = scratch();
    const { path, manifest } = await exportHeld(dir.path, { gives: (second) => second !== 55 });
    expect([manifest.status, manifest.plugins[0]?.agrees]).toEqual(["partial", false]);
    expect(problemsOf(manifest)).toEqual(["the server counts 2 entries more than were read"]);
    expect(windowAt(manifest, 5)).toMatchObject({ firstRead: { entries: 18 }, agrees: false });
    expect(timesByStream(path)["0"]?.length).toBe(99);
    await expectSound(path);
  });

  test("gives less the second time: what the first reading gave is there still", async () => {
    using dir = scratch();
    const held: Held = { gives: (second, reading) => second !== 55 && (reading === 1 || second < 51) };
    const { path, manifest } = await exportHeld(dir.path, held);
    expect(windowAt(manifest, 5)).toMatchObject({ read: { entries: 18 }, firstRead: { entries: 18 } });
    expect(timesByStream(path)["0"]?.length).toBe(99);
    await expectSound(path);
  });

  test("fails in the second reading: what that could read is added", async () => {
    using dir = scratch();
    const seen = new Map<string, number>();
    const onStep = ({ from, stream }: Cursor): void => {
      const key = `${from} ${stream}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
      if (stream === 1 && (seen.get(key) ?? 0) > 1) throw temporary("HTTP 500 from /page");
    };
    const { path, manifest } = await exportHeld(dir.path, { ...SHORT_ONCE, onStep });
    expect(manifest.status).toBe("partial");
    expect(problemsOf(manifest)).toEqual([
      "HTTP 500 from /page",
      "the server counts 7 entries more than were read",
    ]);
    expect(windowAt(manifest, 2)).toMatchObject({ read: { entries: 13 }, firstRead: { entries: 6 } });
    await expectSound(path);
  });

  test("counts fewer than were read: nothing is read again, for nothing is thrown away", async () => {
    using dir = scratch();
    let steps = 0;
    const onStep = (): void => {
      steps += 1;
    };
    const held: Held = { counts: (window) => (window === 4 ? 15 : 20), onStep };
    const { manifest } = await exportHeld(dir.path, held);
    expect([manifest.status, steps]).toEqual(["partial", 31]);
    expect(windowAt(manifest, 4)?.firstRead).toBeUndefined();
  });
});

describe("interrupted while it reads a second time", () => {
  const SHORT: NonNullable<Held["gives"]> = (second, reading) => reading > 1 || second % 20 > 4;
  const interrupt = async (directory: string, after: number, gives = SHORT): Promise<string> => {
    const abort = new AbortController();
    let steps = 0;
    const onStep = (): void => {
      steps += 1;
      if (steps === after) abort.abort();
    };
    const held = { gives, onStep };
    const failure = await exportHeld(directory, held, { signal: abort.signal, concurrency: 2 }).catch(
      (error) => error,
    );
    expect(failure).toBeInstanceOf(Interrupted);
    const [partial = ""] = await listPartials(directory);
    return partial;
  };
  const resume = (partial: string, held: Held = {}) =>
    resumeSnapshot(partial, { ...jobOf("", []), ...jobFor(held) });

  test.each([32, 33, 35, 38, 42, 45])(
    "after %d steps it goes on, and holds each record once",
    async (after) => {
      using dir = scratch();
      const partial = await interrupt(dir.path, after);
      const { path, manifest } = await resume(partial);
      expect([manifest.status, manifest.resumed]).toEqual(["complete", 1]);
      expect(sorted(path)).toEqual(ALL);
      await expectSound(path);
    },
  );

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "it holds what two readings with random losses gave, each record once (%d)",
    async (seed) => {
      using dir = scratch();
      const gives = randomLosses(seed, 2 + (seed % 3));
      const partial = await interrupt(dir.path, 31 + seed * 3, gives);
      // All readings of the resumed export are later ones.
      const { path, manifest } = await resume(partial, {
        gives: (second, _, stream) => gives(second, 2, stream),
      });
      const union = unionOf(gives);
      expect(sorted(path)).toEqual(union);
      expect(manifest.plugins[0]?.counts.entries).toBe(Object.values(union).flat().length);
      await expectSound(path);
    },
  );

  test("with its index cut anywhere it holds each record once", async () => {
    using dir = scratch();
    const original = await interrupt(dir.path, 44);
    const next = random(5);
    for (let round = 0; round < 25; round += 1) {
      using copy = scratch();
      const partial = join(copy.path, ".20260101-000000.partial");
      await Bun.$`cp -r ${original} ${partial}`.quiet();
      const index = join(partial, "blocks.jsonl");
      truncateSync(index, Math.floor(next() * readFileSync(index).length));
      const { path, manifest } = await resume(partial);
      expect(manifest.status).toBe("complete");
      expect(sorted(path)).toEqual(ALL);
      await expectSound(path);
    }
  }, 30_000);
});

describe("killed while it reads a second time", () => {
  /** Kills the export after every seventh step of its second readings. `later`: what these are given. */
  async function exportKilled(directory: string, later: (second: number) => boolean): Promise<string> {
    const first = new Set<string>();
    let isThere = false;
    let again = 0;
    let child: Bun.Subprocess | undefined;
    const open = windowedBackend({
      gives: (second) => (isThere ? later(second) : second % 10 > 4),
      counts() {
        isThere ||= first.size === 10 * STREAMS;
        return isThere ? 20 : 10;
      },
      onStep({ from, stream }) {
        if (stream === undefined) return;
        first.add(`${from} ${stream}`);
        if (isThere) again += 1;
        if (isThere && again % 7 === 1) child?.kill(9);
      },
    });
    using server = serveSteps(open, 12);
    let kills = 0;
    for (let code: number | undefined; code !== 0; kills += 1) {
      child = await startChild(server.url, directory, ENTRIES);
      code = await child.exited;
    }
    expect(kills).toBeGreaterThan(3);
    const [name = ""] = readdirSync(directory).filter((one) => !one.startsWith("."));
    return join(directory, name);
  }

  test("again and again, then resumed: each record once", async () => {
    using dir = scratch();
    const path = await exportKilled(dir.path, () => true);
    expect(sorted(path)).toEqual(ALL);
    expect((await verifySnapshot(path)).flaws).toEqual([]);
  }, 60_000);

  test("again and again, by a server that lacks other records then: what either reading gave, once", async () => {
    using dir = scratch();
    const path = await exportKilled(dir.path, (second) => second % 7 !== 3);
    const times = ALL["0"]?.filter((_, second) => second % 10 > 4 || second % 7 !== 3);
    expect(sorted(path)).toEqual({ "0": times ?? [], "1": times ?? [] });
    expect((await verifySnapshot(path)).flaws).toEqual([]);
  }, 60_000);

  test("by version 0.1.0 between the manifest and the new names of the files: they get them", async () => {
    using dir = scratch();
    const { path } = await exportHeld(dir.path, SHORT_ONCE);
    const partial = join(dir.path, ".20260101-000000.partial");
    await Bun.$`mv ${path} ${partial}`.quiet();
    for (const file of ["logs.json", "blocks.jsonl"]) {
      renameSync(join(partial, file), join(partial, `${file}.rewritten`));
      writeFileSync(join(partial, file), "both readings");
    }
    writeFileSync(join(partial, "request.json"), "{}");
    const resumed = await resumeSnapshot(partial, jobOf("", []));
    expect(sorted(resumed.path)).toEqual(ALL);
    await expectSound(resumed.path);
  });
});

describe("what version 0.1.0 left, with both readings in it until one was chosen", () => {
  const fixtures = resolve(import.meta.dir, "../fixtures");

  test.each(["open", "ended"])(
    "is resumed: the second readings (%s) are dropped, and read again",
    async (name) => {
      using dir = scratch();
      const partial = join(dir.path, ".20260101-000000.partial");
      await Bun.$`cp -r ${join(fixtures, "partials", `format-1-second-reading-${name}`)} ${partial}`.quiet();
      expect(readFileSync(join(partial, "blocks.jsonl"), "utf8")).toContain('"part":"window"');
      const other = fakeBackend({ name: "other", streams: 1 });
      const backends = [...(jobFor({}).backends ?? []), { open: other, request: { range: fakeRange(20) } }];
      const { path, manifest } = await resumeSnapshot(partial, { ...jobOf("", []), backends });
      expect([manifest.status, manifest.plugins[0]?.agrees]).toEqual(["complete", true]);
      expect(sorted(path)).toEqual(ALL);
      expect(windowAt(manifest, 0)).toMatchObject({ read: { entries: 20 }, firstRead: { entries: 10 } });
      expect((await verifySnapshot(path)).flaws).toEqual([]);
      expect(readFileSync(join(path, "blocks.jsonl"), "utf8")).not.toContain('"part":"window"');
    },
  );

  test("is verified when it was finished", async () => {
    const { flaws, status } = await verifySnapshot(join(fixtures, "snapshots/second-reading"));
    expect([flaws, status]).toEqual([[], "complete"]);
  });
});
