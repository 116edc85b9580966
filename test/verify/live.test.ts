/** Counting a snapshot again on a server that fails. */
import { expect, test } from "bun:test";
import * as v from "valibot";
import type { Backend } from "../../src/contract/contract.ts";
import { PluginError } from "../../src/contract/errors.ts";
import { compareLive } from "../../src/verify/live.ts";
import { savedPlugin } from "../restore/small.ts";

const { signal } = new AbortController();
const limit: Parameters<typeof compareLive>[2]["limit"] = {
  call: (hook) => hook(signal),
  callPart: (hook) => hook(signal),
};

test("a window that cannot be counted is told, and the others are compared all the same", async () => {
  const window = (second: number) => ({
    from: `2026-01-24T00:00:0${second}Z`,
    to: `2026-01-24T00:00:0${second + 1}Z`,
    read: { entries: 1 },
    server: { entries: 1 },
  });
  let asked = 0;
  const backend: Backend = {
    inventory: async () => ({ signals: ["logs"], importance: "low" }),
    size: async () => ({ bytes: 0, source: "api" }),
    export: { start: async () => ({ cursors: [] }), step: async () => ({}) },
    count: async () => {
      asked += 1;
      if (asked === 1) throw new PluginError("temporary", "503 from the server", { status: 503 });
      return { entries: 0 };
    },
  };
  const plugin = { name: "logs", about: "A test's backend", options: v.object({}) };
  const saved = savedPlugin("logs", [window(0), window(1)]);
  const report = await compareLive(saved, { name: "logs", plugin, backend }, { now: 0n, signal, limit });
  expect(report).toMatchObject({ counted: 1, failed: 1, failure: "503 from the server" });
  expect(report.differences.map(({ verdict }) => verdict)).toEqual(["differs"]);
});

test("after three counts that failed the others are not asked for, and all are told", async () => {
  let asked = 0;
  const backend: Backend = {
    inventory: async () => ({ signals: ["logs"], importance: "low" }),
    size: async () => ({ bytes: 0, source: "api" }),
    export: { start: async () => ({ cursors: [] }), step: async () => ({}) },
    count: async () => {
      asked += 1;
      throw new PluginError("refused", `${400 + asked} from the server`);
    },
  };
  const plugin = { name: "logs", about: "A test's backend", options: v.object({}) };
  const windows = [0, 1, 2, 3, 4].map((second) => ({
    from: `2026-01-24T00:00:0${second}Z`,
    to: `2026-01-24T00:00:0${second + 1}Z`,
    read: { entries: 1 },
    server: { entries: 1 },
  }));
  const report = await compareLive(
    savedPlugin("logs", windows),
    { name: "logs", plugin, backend },
    { now: 0n, signal, limit },
  );
  expect(report).toMatchObject({ counted: 0, failed: 5, failure: "403 from the server", differences: [] });
  expect(asked).toBe(3);
});
