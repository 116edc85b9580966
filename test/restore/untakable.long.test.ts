/** Records and objects that a server fails to take (500): each costs itself, and not its batch, its kind or its backend. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { RESTORE } from "../../src/results/restore.ts";
import type { Lab } from "../lab/lab.ts";
import { parsedAs } from "../support/printed.ts";
import { type Stacks, startStacks } from "./stack.ts";

setDefaultTimeout(300_000);

let stacks: Stacks;
let path: string;
beforeAll(async () => {
  stacks = await startStacks();
  path = await stacks.exported(stacks.full, "all", []);
});
afterAll(() => stacks.stop());

async function restored(into: Lab, name: string) {
  const { stdout, exitCode } = await stacks.on(into, "restore", path, "--plugin", name, "--yes", "--json");
  const { status, directory, backends } = parsedAs(RESTORE, stdout);
  const [only] = backends;
  if (only === undefined) throw new Error(stdout);
  const refused = readFileSync(join(directory, "rejected.json"), "utf8")
    .split("\n")
    .filter((line) => line !== "");
  const records = refused.map((line) => JSON.parse(line));
  return { exitCode, status, directory, ...only, records };
}

/** A restore into an empty server that takes everything. */
const wholly = async (name: string) => restored(await stacks.another(), name);

test("loki: two lines of thousands", async () => {
  const whole = (await wholly("loki")).written;
  const lab = await stacks.another();
  lab.faces.loki.knobs.failsToTake = (line) => line === "run 3" || line === "line one\nline two";
  const found = await restored(lab, "loki");
  expect([found.exitCode, found.status, found.rejected, found.failure]).toEqual([3, "partial", 2, undefined]);
  // What an attempt had brought before it failed is there already for the next one.
  const there = (found.written.entries ?? 0) + (found.existing.entries ?? 0);
  expect(there).toBe((whole.entries ?? 0) - 2);
  const lines = found.records.flatMap(({ record }) =>
    JSON.parse(record).streams[0].values.map(([, line]: string[]) => line),
  );
  expect(lines.toSorted()).toEqual(["line one\nline two", "run 3"]);
  expect(found.records[0].reason).toContain("answered 500");
  lab.faces.loki.knobs.failsToTake = undefined;
  // A second restore brings what is missing.
  expect((await restored(lab, "loki")).exitCode).toBe(0);
});

test("mimir: one sample of a series", async () => {
  const whole = (await wholly("mimir")).written;
  const [series] = stacks.full.faces.mimir.store().all();
  const [, bad] = series?.points(0, Date.now()) ?? [];
  const text = JSON.stringify(Object.fromEntries(series?.labels ?? []));
  const lab = await stacks.another();
  lab.faces.mimir.knobs.failsToTake = (labels, time) => labels === text && time === bad?.time;
  const found = await restored(lab, "mimir");
  expect([found.exitCode, found.status, found.rejected, found.failure]).toEqual([3, "partial", 1, undefined]);
  expect(found.written.samples).toBe((whole.samples ?? 0) - 1);
});

test("tempo: a trace", async () => {
  const whole = (await wholly("tempo")).written;
  const first = readFileSync(join(path, "traces.json"), "utf8").split("\n")[0] ?? "";
  const id = /"traceId":"([0-9a-f]+)"/.exec(first)?.[1] ?? "";
  const lab = await stacks.another();
  lab.faces.tempo.knobs.untakable.add(id);
  const found = await restored(lab, "tempo");
  expect([found.exitCode, found.status, found.failure]).toEqual([3, "partial", undefined]);
  expect(found.written.traces).toBe((whole.traces ?? 0) - 1);
  expect(new Set(found.records.flatMap(({ record }) => /"traceId":"([0-9a-f]+)"/.exec(record)?.[1]))).toEqual(
    new Set([id]),
  );
});

test("grafana: a data source and a dashboard: all others are restored", async () => {
  const whole = await wholly("grafana");
  const { store } = stacks.full.faces.grafana;
  const on = new Set(store.annotations.map(({ dashboardUID }) => dashboardUID));
  const dashboard = [...store.dashboards.keys()].find((uid) => !on.has(uid));
  const source = [...store.dataSources.keys()][0];
  const lab = await stacks.another();
  // A dashboard's panels name the data source, too.
  lab.faces.grafana.knobs.failsToTake = ({ uid, name, access }) =>
    name === dashboard || uid === dashboard || (uid === source && access !== undefined);
  const found = await restored(lab, "grafana");
  expect([found.exitCode, found.status, found.failure]).toEqual([3, "partial", undefined]);
  expect(found.written).toEqual({
    ...whole.written,
    dashboards: (whole.written.dashboards ?? 0) - 1,
    "data-sources": (whole.written["data-sources"] ?? 0) - 1,
  });
  expect(found.rejected).toBe(whole.rejected + 2);
  // Why, in the order of how many: with those that no Grafana takes.
  const told = found.refusals ?? [];
  expect(told.reduce((sum, { records }) => sum + records, 0)).toBe(found.rejected);
  expect(told.map(({ reason }) => reason).join("\n")).toMatch(
    /answered 500[\s\S]*Alerting wrote it|Alerting wrote it[\s\S]*answered 500/,
  );
});

test("a server that takes nothing at all is told as such, and no record of it is called refused", async () => {
  const lab = await stacks.another();
  lab.faces.loki.knobs.failsToTake = () => true;
  const found = await restored(lab, "loki");
  expect([found.status, found.rejected, found.records]).toEqual(["failed", 0, []]);
  expect(found.failure).toContain("answered 500");
  lab.faces.loki.knobs.failsToTake = undefined;
  const again = await restored(lab, "loki");
  expect([again.exitCode, again.status, again.failure]).toEqual([0, "complete", undefined]);
});

test("a server that fails to say what it would refuse is restored to all the same", async () => {
  const lab = await stacks.another();
  const undo = lab.faults.grafana.add({ kind: "status", path: "^/apis$", times: 3 });
  const found = await restored(lab, "grafana");
  undo();
  expect(found.findings.map(({ message }) => message).join("\n")).toMatch(
    /could not be found out: .*answered 500/,
  );
  expect(found.written.dashboards).toBeGreaterThan(5);
  expect(found.failure).toBeUndefined();
});
