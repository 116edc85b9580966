/** What a plan says that a server holds already: as patient as the rest of the plan, and no longer. */
import { expect, test } from "bun:test";
import * as v from "valibot";
import type { Backend } from "../../src/contract/contract.ts";
import { PluginError } from "../../src/contract/errors.ts";
import { planRestore } from "../../src/restore/plan.ts";
import { savedPlugin, snapshotOf } from "./small.ts";

const window = (second: number) => ({
  from: new Date(Date.UTC(2026, 0, 24) + second * 1_000).toISOString(),
  to: new Date(Date.UTC(2026, 0, 24) + (second + 1) * 1_000).toISOString(),
  read: { entries: 1 },
  server: { entries: 1 },
});

/** The plan of a restore of five windows of a second, by a server that counts like this. */
async function planned(count: NonNullable<Backend["count"]>) {
  const backend: Backend = {
    inventory: async () => ({ signals: ["logs"], importance: "low" }),
    size: async () => ({ bytes: 0, source: "api" }),
    export: { start: async () => ({ cursors: [] }), step: async () => ({}) },
    restore: { preflight: async () => [], apply: async () => ({ written: {} }) },
    count,
  };
  const plugin = { name: "logs", about: "A test's backend", options: v.object({}) };
  const saved = savedPlugin("logs", [0, 1, 2, 3, 4].map(window));
  const { targets } = await planRestore({
    snapshot: snapshotOf([saved]),
    backends: [{ name: "logs", plugin, backend }],
    range: { from: 1_769_212_800_000_000_000n, to: 1_769_212_805_000_000_000n },
    labels: {},
    signal: new AbortController().signal,
  });
  return targets[0];
}

test("a count that fails for a moment is asked for again", async () => {
  let asked = 0;
  const target = await planned(async () => {
    asked += 1;
    if (asked === 2) throw new PluginError("temporary", "500 from the server", { status: 500 });
    return { entries: 2 };
  });
  expect([target?.held, asked]).toEqual([{ entries: 10 }, 6]);
});

test("counts that fail for good are given up after three, and the plan goes without", async () => {
  let asked = 0;
  const target = await planned(async () => {
    asked += 1;
    throw new PluginError("refused", "401 from the server", { status: 401 });
  });
  expect([target?.name, target?.held, asked]).toEqual(["logs", undefined, 3]);
});
