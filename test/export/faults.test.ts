/** What servers and plugins do wrong, and what the export makes of it. */
import { describe, expect, test } from "bun:test";
import { PluginError, type Step } from "contextcore";
import { besideHealthy, isPage } from "./beside.ts";
import { fakeBackend, temporary } from "./fake-backend.ts";
import { allTimes, runExport, scratch, timesByStream } from "./run.ts";

describe("temporary failures", () => {
  test("are tried again until they pass, and nothing is missing", async () => {
    using dir = scratch();
    const open = fakeBackend({
      onStep: (cursor, attempt) => {
        if (isPage(cursor) && attempt < 3) throw temporary();
        return undefined;
      },
    });
    let retries = 0;
    const { manifest, path } = await runExport(dir.path, [open], {
      onProgress: (now) => (retries = now.retries),
    });
    expect(manifest.status).toBe("complete");
    expect(timesByStream(path)).toEqual(allTimes(3, 20));
    expect(retries).toBe(36);
  });

  test("that never pass cost their own cursor only, and the manifest says which part is missing", async () => {
    using dir = scratch();
    const open = fakeBackend({
      onStep: (cursor) => {
        if (cursor.stream === 1 && cursor.from === "1005000000000") throw temporary("HTTP 500 from /page");
        return undefined;
      },
    });
    const { bad, path } = await besideHealthy(dir.path, open);
    expect(bad?.status).toBe("partial");
    expect(bad?.problems).toContainEqual({
      kind: "incomplete",
      reason: "HTTP 500 from /page",
      ranges: [{ from: "1970-01-01T00:16:45Z", to: "1970-01-01T00:17:00Z" }],
      items: ["stream 1"],
      itemsTotal: 1,
    });
    expect(bad?.problems.map((one) => one.reason)).toContain(
      "the server counts 15 entries more than were read",
    );
    const times = timesByStream(path);
    expect([times[0]?.length, times[1]?.length, times[2]?.length]).toEqual([20, 5, 20]);
  });

  test("wait as long as the server asks", async () => {
    using dir = scratch();
    const calls: number[] = [];
    const open = fakeBackend({
      streams: 1,
      entries: 5,
      onStep: (cursor, attempt) => {
        if (!isPage(cursor)) return undefined;
        calls.push(performance.now());
        if (attempt === 0) throw temporary("HTTP 429", { status: 429, retryAfterMs: 120 });
        return undefined;
      },
    });
    const states = new Set<string>();
    await runExport(dir.path, [open], { onProgress: ({ state }) => states.add(state) });
    expect((calls[1] ?? 0) - (calls[0] ?? 0)).toBeGreaterThanOrEqual(119);
    expect(states).toContain("waiting");
  });

  test("of a server that is gone for good end the backend, not after trying every cursor", async () => {
    using dir = scratch();
    let stepped = 0;
    const open = fakeBackend({
      objects: 500,
      onStep: () => {
        stepped += 1;
        if (stepped > 20) throw temporary("connection refused", {});
        return undefined;
      },
    });
    const { bad } = await besideHealthy(dir.path, open);
    expect(bad?.status).toBe("partial");
    expect(stepped).toBeLessThan(150);
    expect(bad?.problems.some((one) => one.reason.startsWith("it stopped answering;"))).toBe(true);
  });
});

describe("a server's counts", () => {
  test("that all fail leave the export unproven: partial, and it is said what to do", async () => {
    using dir = scratch();
    const count = async (): Promise<never> => {
      throw temporary("HTTP 500 from /count", {});
    };
    const { bad } = await besideHealthy(dir.path, fakeBackend({ hooks: { count } }));
    expect([bad?.status, bad?.agrees]).toEqual(["partial", undefined]);
    expect(bad?.problems).toMatchObject([
      {
        kind: "incomplete",
        reason:
          "could not be counted on the server, so nothing proves that all of it was read: HTTP 500 from /count. Export it again when the server answers counts.",
      },
    ]);
  });

  test("that it cannot give are not held against it", async () => {
    using dir = scratch();
    const { bad } = await besideHealthy(dir.path, fakeBackend({ hooks: { count: async () => undefined } }));
    expect([bad?.status, bad?.agrees, bad?.problems]).toEqual(["complete", undefined, []]);
  });
});

describe("a refusal", () => {
  test("at the start fails that backend at once", async () => {
    using dir = scratch();
    let asked = 0;
    const open = fakeBackend({
      hooks: {
        inventory: async () => {
          asked += 1;
          throw new PluginError("refused", "fake: HTTP 401 from /ready", { status: 401 });
        },
      },
    });
    const { bad, manifest } = await besideHealthy(dir.path, open);
    expect([bad?.status, manifest.status, asked]).toEqual(["failed", "partial", 1]);
    expect(bad?.problems[0]).toMatchObject({ kind: "failed", reason: "fake: HTTP 401 from /ready" });
    expect(bad?.files).toEqual([]);
  });

  test("of everything makes the snapshot failed", async () => {
    using dir = scratch();
    const { manifest } = await runExport(dir.path, [], {
      failures: [{ name: "loki", reason: "not reachable" }],
    });
    expect(manifest.status).toBe("failed");
    expect(manifest.plugins[0]).toMatchObject({ name: "loki", status: "failed" });
  });
});

test("a listener of progress that throws stops the export, which can be resumed", async () => {
  using dir = scratch();
  const failure = await runExport(dir.path, [fakeBackend()], {
    onProgress: ({ counts }) => {
      if (Object.keys(counts).length > 0) throw new Error("the terminal is gone");
    },
  }).catch((error) => error);
  expect(failure.message).toBe("the export stopped: the terminal is gone");
  expect(failure.hint).toContain("--resume");
});

test("an interrupt is heard within about a second, whatever the plugin does with it", async () => {
  using dir = scratch();
  const abort = new AbortController();
  const open = fakeBackend({
    onStep: ({ stream }) => (stream === 1 ? new Promise<Step>(() => {}) : undefined),
  });
  setTimeout(() => abort.abort(), 50);
  const began = performance.now();
  const failure = await runExport(dir.path, [open], { signal: abort.signal, tuning: {} }).catch(
    (error) => error,
  );
  expect(failure.name).toBe("Interrupted");
  expect(performance.now() - began).toBeLessThan(8000);
}, 20_000);
