/** Exports that are interrupted, or killed, while they read a second time. */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Interrupted } from "../../src/export/errors.ts";
import { resumeSnapshot } from "../../src/export/export-snapshot.ts";
import { listPartials } from "../../src/snapshot/write/partial.ts";
import { verifySnapshot } from "../../src/verify/verify.ts";
import { random } from "../lab/random.ts";
import { fakeBackend, fakeRange } from "./fake-backend.ts";
import {
  ALL,
  expectSound,
  exportHeld,
  jobFor,
  randomLosses,
  SHORT_ONCE,
  sorted,
  unionOf,
  windowAt,
} from "./held.ts";
import { startChild } from "./killing.ts";
import { jobOf, scratch } from "./run.ts";
import { serveSteps } from "./step-server.ts";
import { ENTRIES, type Held, STREAMS, windowedBackend } from "./windowed-backend.ts";

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
