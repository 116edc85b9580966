/** The plan says what would be written and what would not, reads the index once, and asks servers without writing. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import type { Backend } from "../../src/contract/contract.ts";
import { planRestore, type RestoreOptions } from "../../src/restore/plan.ts";
import { RESTORE_PLAN } from "../../src/results/restore.ts";
import type { Lab } from "../lab/lab.ts";
import { parsedAs } from "../support/printed.ts";
import { blocksOf } from "./damaged.ts";
import { savedPlugin, snapshotOf } from "./small.ts";
import { type Stacks, startStacks } from "./stack.ts";
import { type WatchedLab, watched } from "./watched.ts";

let stacks: Stacks;
let path: string;
let lab: WatchedLab;
beforeAll(async () => {
  stacks = await startStacks();
  path = await stacks.exported(stacks.full, "first", []);
  lab = watched(stacks.empty);
});
afterAll(async () => {
  await lab.stop();
  await stacks.stop();
});

const plan = async (...args: string[]) => {
  const { stdout, exitCode } = await stacks.on(lab, "restore", path, "--dry-run", "--json", ...args);
  const { backends, leftOut, notChosen } = parsedAs(RESTORE_PLAN, stdout);
  const notes = backends.flatMap(({ backend, findings }) =>
    findings
      .filter(({ message }) => /range|selector/.test(message))
      .map(({ message }) => `${backend}: ${message}`),
  );
  const atMost = backends.filter((one) => one.isAtMost);
  const nameOf = ({ backend }: { backend: string }): string => backend;
  return { exitCode, leftOut, notChosen, notes, names: backends.map(nameOf), atMost: atMost.map(nameOf) };
};

test("a dry run only looks: no server is asked to write, and nothing is left on the disk", async () => {
  lab.calls.length = 0;
  const { names } = await plan();
  expect(names).toEqual(["tempo", "mimir", "loki", "grafana"]);
  expect(new Set(lab.calls.map((call) => call.split(" ")[0]))).toEqual(
    new Set(["tempo", "otlp", "mimir", "loki", "grafana"]),
  );
  // Mimir is asked its counts by POST, since a query can be longer than an address.
  expect(lab.calls.filter((call) => !/^\w+ GET |^mimir POST \S+\/query$/.test(call))).toEqual([]);
  expect(await readdir(join(stacks.cwd, "backups")).catch(() => [])).toEqual([]);
});

test("what the servers hold already is counted and said", async () => {
  const held = async (at: Lab) => {
    const { stdout } = await stacks.on(at, "restore", path, "--dry-run", "--json");
    const { backends } = parsedAs(RESTORE_PLAN, stdout);
    return Object.fromEntries(backends.map((one) => [one.backend, one.held]));
  };
  const full = await held(stacks.full);
  expect(full.loki?.entries).toBeGreaterThan(1_000);
  expect(full.mimir?.samples).toBe(35_999);
  expect(full.tempo?.spansInRange).toBe(160);
  expect(full.grafana?.dashboards).toBeGreaterThan(5);
  const empty = await held(stacks.empty);
  expect([empty.loki, empty.tempo]).toEqual([{ entries: 0 }, { spansInRange: 0 }]);
  const shown = await stacks.on(stacks.full, "restore", path, "--dry-run");
  expect(shown.stdout).toMatch(/^loki: holds already: [\d,]+ entries of these times/m);
  expect(shown.stdout).toMatch(/^grafana: holds already: (?!.* of these times).*dashboards/m);
  expect((await stacks.on(stacks.empty, "restore", path, "--dry-run")).stdout).not.toContain("loki: holds");
});

/** A moment more than an hour ago that cuts a block of log lines in two. */
function amidALokiBlock(): string {
  const hourAgo = Date.now() - 3_600_000;
  const middles = blocksOf(path, "logs.json").map(({ from, to }) => (Date.parse(from) + Date.parse(to)) / 2);
  return new Date(Math.max(...middles.filter((time) => time < hourAgo))).toISOString();
}

test("a range leaves out what has no time, and says so", async () => {
  const { notes, atMost, notChosen } = await plan("--from", amidALokiBlock());
  expect(notes).toEqual([
    "mimir: A range chooses by time: 2 objects have no time and are left out.",
    expect.stringMatching(/^grafana: A range chooses by time: \d+ objects have no time and are left out\.$/),
  ]);
  expect(atMost).toContain("loki");
  expect(notChosen).toEqual([]);
  const past = await plan("--to", "2020-01-01T00:00:00Z");
  expect([past.exitCode, past.names]).toEqual([3, []]);
  expect(past.notChosen).toContainEqual({ backend: "loki", reason: "none of it is from that time" });
  expect(past.notChosen).toContainEqual({
    backend: "mimir",
    reason: "none of it is from that time; 2 objects have no time",
  });
});

test("a selector that finds nothing is said, and one that chooses makes the counts the most there can be", async () => {
  const { leftOut, notChosen, names, atMost, exitCode } = await plan(
    "--match",
    "grafana=title=none-such",
    "--match",
    'loki={app="shop"}',
  );
  expect(leftOut).toEqual([{ name: "grafana", reason: "the selector finds nothing in it" }]);
  expect([names, atMost, notChosen, exitCode]).toEqual([["tempo", "mimir", "loki"], ["loki"], [], 3]);
  const shown = await stacks.on(lab, "restore", path, "--dry-run", "--match", "grafana=title=none-such");
  expect(shown.stdout).toContain("left out: grafana: the selector finds nothing in it");
  const alone = ["--plugin", "grafana", "--match", "title=none-such"];
  const nothing = await stacks.on(lab, "restore", path, "--yes", ...alone);
  expect(nothing.exitCode).toBe(2);
  expect(nothing.stderr).toContain("nothing of this snapshot is left to restore");
});

/** A backend that takes everything; with a matcher it can choose. */
function opened(name: string, restore: Partial<NonNullable<Backend["restore"]>> = {}) {
  const plugin = { name, about: "A test's backend", options: v.object({}) };
  const backend: Backend = {
    inventory: async () => ({ signals: ["logs"], importance: "low" }),
    size: async () => ({ bytes: 0, source: "api" }),
    export: { start: async () => ({ cursors: [] }), step: async () => ({}) },
    restore: { preflight: async () => [], apply: async () => ({ written: {} }), ...restore },
  };
  return { name, plugin, url: "http://test", backend };
}

const planned = (names: readonly string[], more: Partial<RestoreOptions> = {}) =>
  planRestore({
    snapshot: snapshotOf(names.map((name) => savedPlugin(name))),
    backends: names.map((name) => opened(name)),
    labels: {},
    signal: new AbortController().signal,
    ...more,
  });

test("a backend that cannot choose by selector is left out, and the others are restored whole", async () => {
  const { targets, leftOut } = await planned(["one", "two"], { match: { one: "x" } });
  expect(leftOut).toEqual([{ name: "one", reason: "this backend cannot restore by selector" }]);
  expect(targets.map(({ name, isAtMost }) => [name, isAtMost])).toEqual([["two", false]]);
});

test("a backend that is asked for and is not in the snapshot is left out by name", async () => {
  const { targets, leftOut } = await planned(["one"], { plugins: ["one", "two"] });
  expect(targets.map(({ name }) => name)).toEqual(["one"]);
  expect(leftOut).toEqual([{ name: "two", reason: "it is not in this snapshot" }]);
});

test("the index is read once, however many backends there are", async () => {
  let passes = 0;
  const snapshot = snapshotOf(["one", "two", "three"].map((name) => savedPlugin(name)));
  const counting = {
    ...snapshot,
    blocks() {
      passes += 1;
      return snapshot.blocks();
    },
  };
  const { targets } = await planned(["one", "two", "three"], { snapshot: counting });
  expect([targets.length, passes]).toEqual([3, 1]);
});

test("a tenant that the servers ignore is refused, since what is restored would lie among live data", async () => {
  const { stdout } = await stacks.on(stacks.empty, "restore", path, "--dry-run", "--into", "other");
  for (const [name, setting] of [
    ["tempo", "multitenancy_enabled"],
    ["mimir", "multitenancy_enabled"],
    ["loki", "auth_enabled"],
  ])
    expect(stdout).toMatch(
      new RegExp(
        `^left out: ${name}: .* no tenants: other is ignored.* nothing is written to it; to enable tenants: ${setting}: true\\.$`,
        "m",
      ),
    );
  const own = await stacks.on(stacks.empty, "restore", path, "--dry-run");
  expect(own.stdout).not.toContain("no tenants");
});

test("a dry run ends with 3 when what would be written would not be seen, as the restore itself would", async () => {
  const tempo = await stacks.another();
  tempo.faces.tempo.knobs.ingestionSlack = 120_000_000_000n;
  const hidden = await stacks.on(tempo, "restore", path, "--dry-run", "--plugin", "tempo");
  expect(hidden.stdout).toMatch(/^tempo: would be hidden: Traces from before/m);
  expect(hidden.exitCode).toBe(3);
  const loki = await stacks.another();
  loki.faces.loki.limits.max_query_lookback = "1h";
  const unseen = await stacks.on(loki, "restore", path, "--dry-run", "--plugin", "loki");
  expect(unseen.stdout).toMatch(/^loki: would be hidden: Queries reach back 1h only/m);
  expect(unseen.exitCode).toBe(3);
  const seen = await stacks.on(await stacks.another(), "restore", path, "--dry-run", "--plugin", "loki");
  expect(seen.exitCode, seen.stdout).toBe(0);
});
