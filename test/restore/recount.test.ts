/** Counting after a restore: a server that cannot be counted makes the report partial, and never loses it. */
import { expect, test } from "bun:test";
import * as v from "valibot";
import type { Backend } from "../../src/contract/contract.ts";
import { PluginError } from "../../src/contract/errors.ts";
import { planRestore } from "../../src/restore/plan.ts";
import { recount } from "../../src/restore/recount.ts";
import { restoreReport } from "../../src/restore/report.ts";
import { savedPlugin, snapshotOf } from "./small.ts";

const { signal } = new AbortController();
const retry = {
  attempts: 2,
  attemptsOverload: 2,
  attemptsTimedOut: 1,
  baseMs: 1,
  capMs: 1,
  retryAfterMaxMs: 1,
};
const unavailable = () => new PluginError("temporary", "503 from the server", { status: 503 });

/** Restores nothing, then counts `windows` windows with this answer. */
async function reported(windows: number, count: NonNullable<Backend["count"]>, settleMs = 0) {
  const saved = Array.from({ length: windows }, () => ({
    from: "2026-01-24T00:00:00Z",
    to: "2026-01-24T00:00:01Z",
    read: { entries: 1 },
    server: { entries: 1 },
  }));
  let isPlanned = false;
  const backend: Backend = {
    inventory: async () => ({ signals: ["logs"], importance: "low" }),
    size: async () => ({ bytes: 0, source: "api" }),
    export: { start: async () => ({ cursors: [] }), step: async () => ({}) },
    restore: { preflight: async () => [], apply: async () => ({ written: {} }) },
    // The plan counts too, and is not what is tested here.
    count: async (request, own) => (isPlanned ? count(request, own) : undefined),
  };
  const plugin = { name: "logs", about: "A test's backend", options: v.object({}) };
  const snapshot = snapshotOf([savedPlugin("logs", saved)]);
  const plan = await planRestore({
    snapshot,
    backends: [{ name: "logs", plugin, backend }],
    labels: {},
    signal,
  });
  isPlanned = true;
  const [target] = plan.targets;
  if (target === undefined) throw new Error("nothing was planned");
  const counted = await recount(target, { signal, settleMs, pauseMs: 1, retry });
  const outcome = {
    name: "logs",
    written: {},
    existing: {},
    differing: [],
    rejected: 0,
    unsupported: 0,
    problems: [],
    lost: [],
    erased: [],
  };
  return restoreReport(plan, "/restores/1", [outcome], new Map([["logs", counted]]));
}

test("a count that fails for a moment is asked for again", async () => {
  let asked = 0;
  const report = await reported(1, async () => {
    asked += 1;
    if (asked === 1) throw unavailable();
    return { entries: 1 };
  });
  expect(report.status).toBe("complete");
  expect(report.plugins[0]?.counted[0]?.server).toEqual({ entries: 1 });
});

test("a count that fails for good is told window by window, asked for no longer, and the restore is partial", async () => {
  let asked = 0;
  const report = await reported(5, async () => {
    asked += 1;
    throw unavailable();
  });
  expect(report.status).toBe("partial");
  expect(report.plugins[0]?.counted.map(({ server, failure }) => [server, failure])).toEqual(
    Array.from({ length: 5 }, () => [undefined, "503 from the server"]),
  );
  expect(asked).toBe(6);
});

test("a server that has no count to give leaves the restore complete", async () => {
  expect((await reported(1, async () => undefined)).status).toBe("complete");
});

test("what shows only after a while is waited for", async () => {
  let asked = 0;
  const report = await reported(3, async () => ({ entries: ++asked > 5 ? 1 : 0 }), 10_000);
  expect([report.status, asked]).toEqual(["complete", 8]);
});

test("a server that fails while it is waited for leaves what it has not shown unproven", async () => {
  let asked = 0;
  const report = await reported(
    3,
    async () => {
      asked += 1;
      if (asked > 3) throw new PluginError("refused", "401 from the server", { status: 401 });
      return { entries: asked === 1 ? 1 : 0 };
    },
    10_000,
  );
  expect(report.plugins[0]?.counted.map(({ server, failure }) => [server, failure])).toEqual([
    [{ entries: 1 }, undefined],
    [undefined, "401 from the server"],
    [undefined, "401 from the server"],
  ]);
  expect([report.status, asked]).toEqual(["partial", 5]);
});

test("the wait is one for all windows, however many are short", async () => {
  const began = performance.now();
  const report = await reported(50, async () => ({ entries: 0 }), 100);
  expect(report.status).toBe("partial");
  expect(report.plugins[0]?.counted.filter(({ short }) => short.length > 0).length).toBe(50);
  expect(performance.now() - began).toBeLessThan(1_000);
});

test("records that a server has no place for do not make a restore partial", async () => {
  const snapshot = snapshotOf([]);
  const plan = { snapshot, targets: [], notChosen: [], chains: [], leftOut: [] };
  const outcome = {
    name: "logs",
    written: { entries: 1 },
    existing: {},
    differing: [],
    rejected: 0,
    problems: [],
    lost: [],
    erased: [],
  };
  const statusWith = (unsupported: number, rejected: number): string =>
    restoreReport(plan, "/restores/1", [{ ...outcome, unsupported, rejected }], new Map()).status;
  expect([statusWith(2, 0), statusWith(0, 2)]).toEqual(["complete", "partial"]);
});
