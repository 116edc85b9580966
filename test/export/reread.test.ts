/** What the server counts fuller than it was read is read once more: against a backend in memory. */
import { describe, expect, test } from "bun:test";
import type { Cursor } from "contextcore";
import { verifySnapshot } from "../../src/verify/verify.ts";
import { fakeBackend, temporary } from "./fake-backend.ts";
import { ALL, expectSound, exportHeld, problemsOf, SHORT_ONCE, sorted, windowAt } from "./held.ts";
import { allTimes, runExport, scratch, timesByStream } from "./run.ts";
import type { Held } from "./windowed-backend.ts";

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
