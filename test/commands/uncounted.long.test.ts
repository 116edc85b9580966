/**
 * A record that a server can neither give nor count: an export, `verify --live` and a restore count and compare everything else,
 * and name that record alone.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EXPORT } from "../../src/results/export.ts";
import { RESTORE } from "../../src/results/restore.ts";
import { VERIFY } from "../../src/results/verify.ts";
import { type Manifest, parseManifest } from "../../src/snapshot/format/manifest.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { parsedAs } from "../support/printed.ts";
import { labProject } from "../support/project.ts";

setDefaultTimeout(300_000);

const MINUTE = 60_000;
const NOW = Date.now();
const at = (minutesAgo: number): number => NOW - minutesAgo * MINUTE;
const RANGE = ["--from", new Date(at(180)).toISOString(), "--to", new Date(at(30)).toISOString()];

let lab: Lab;
let other: Lab;
beforeAll(async () => {
  lab = await startLab();
  other = await startLab({ empty: true });
});
afterAll(async () => {
  await lab.stop();
  await other.stop();
});

type Name = "loki" | "mimir" | "grafana";
const project = (of: Lab, name: Name): string => labProject(of, { only: [name] });

const manifestOf = (path: string): Manifest => {
  const file = join(path, "manifest.json");
  return parseManifest(readFileSync(file, "utf8"), file);
};

async function exported(cwd: string) {
  const { stdout, stderr, exitCode } = await run(["export", "--json", ...RANGE], { cwd });
  const { backends, snapshot } = parsedAs(EXPORT, stdout);
  const [only] = backends;
  if (only === undefined) throw new Error(stderr);
  const [claims] = manifestOf(snapshot?.path ?? "").plugins;
  const uncounted = only.problems.filter(({ reason }) => reason.startsWith("could not be counted"));
  const differing = only.problems.filter(({ reason }) => reason.startsWith("the server counts"));
  const windows = claims?.windows ?? [];
  return { exitCode, path: snapshot?.path ?? "", counts: only.counts, uncounted, differing, windows, stderr };
}

async function live(cwd: string, path: string) {
  const { stdout, exitCode } = await run(["verify", path, "--live", "--json"], { cwd });
  const [report] = parsedAs(VERIFY, stdout).live;
  const { stderr } = await run(["verify", path, "--live"], { cwd });
  if (report === undefined) throw new Error(stderr);
  return { exitCode, ...report, stderr };
}

const total = (
  windows: Awaited<ReturnType<typeof exported>>["windows"],
  of: "read" | "server",
  unit: string,
) => windows.reduce((sum, one) => sum + (one[of]?.[unit] ?? 0), 0);

interface Poison {
  readonly name: Exclude<Name, "grafana">;
  readonly unit: string;
  /** Makes one record unreadable in a lab, and says its name; the other lab gets the same. */
  readonly poison: (of: Lab, model: Lab) => string;
}

const POISONS: readonly Poison[] = [
  {
    name: "loki",
    unit: "entries",
    poison(of, model) {
      const [slice] = model.faces.loki
        .store()
        .select([], BigInt(at(120)) * 1_000_000n, BigInt(at(60)) * 1_000_000n);
      if (slice === undefined) throw new Error("there are no lines");
      const bad = slice.stream.entries.time(slice.low);
      const labels = slice.stream.labels.map(([name, value]) => `${name}="${value}"`).join(", ");
      of.faces.loki.knobs.isUnreadable = (stream, time) => stream === `{${labels}}` && time === bad;
      return `lines of {${labels}}`;
    },
  },
  {
    name: "mimir",
    unit: "samples",
    poison(of, model) {
      const [series] = model.faces.mimir.store().select([], at(120), at(60));
      const bad = series?.points(at(120), at(60))[0]?.time;
      const text = JSON.stringify(Object.fromEntries(series?.labels ?? []));
      of.faces.mimir.knobs.isUnreadable = (labels, time) => labels === text && time === bad;
      return `samples of ${series?.labels.find(([name]) => name === "__name__")?.[1]}`;
    },
  },
];

test.each(POISONS)("$name: everything else is counted: export, verify --live, restore", async (one) => {
  const { name, unit, poison } = one;
  const cwd = project(lab, name);
  const whole = await exported(cwd);
  expect([whole.exitCode, whole.uncounted, whole.differing]).toEqual([0, [], []]);

  const item = poison(lab, lab);
  const found = await exported(cwd);
  expect(found.exitCode).toBe(3);
  expect(found.counts[unit]).toBe((whole.counts[unit] ?? 0) - 1);
  expect(found.differing).toEqual([]);
  expect(found.uncounted).toHaveLength(1);
  expect(found.uncounted[0]?.items).toHaveLength(1);
  expect(found.uncounted[0]?.items[0]).toStartWith(item);
  expect(found.uncounted[0]?.ranges).toHaveLength(1);
  expect(found.stderr).not.toMatch(/"(kind|step|selector)"/);
  // The last window of Mimir is about what has no time, and is not compared with these.
  const windows = found.windows.filter(({ read }) => read[unit] !== undefined);
  for (const of of ["read", "server"] as const)
    expect(total(windows, of, unit)).toBe(found.counts[unit] ?? 0);
  expect(found.windows.filter(({ uncounted }) => uncounted)).toHaveLength(1);

  // Of a snapshot from before: the server has lost nothing, as far as it can say.
  const then = await live(cwd, whole.path);
  expect([then.exitCode, then.differences, then.uncountedTotal]).toEqual([3, [], 0]);
  expect(then.uncounted.map(({ items }) => items)).toEqual([[expect.stringContaining(item)]]);
  expect(then.stderr).toContain(`not counted: ${name}: ${item}`);

  poison(other, lab);
  const to = ["--set", `backends.${name}.url=${other.urls[name]}`];
  const restored = await run(["restore", whole.path, "--yes", "--json", ...to], { cwd });
  const [report] = parsedAs(RESTORE, restored.stdout).backends;
  const counted = report?.counted ?? [];
  expect([restored.exitCode, counted.flatMap(({ short }) => short)]).toEqual([3, []]);
  expect(counted.flatMap(({ uncounted = [] }) => uncounted.map(({ items }) => items))).toEqual([
    [expect.stringContaining(item)],
  ]);
  lab.faces[name].knobs.isUnreadable = undefined;

  // What could not be counted then, and is readable again, did not arrive later.
  const again = await live(cwd, found.path);
  expect(again.exitCode).toBe(3);
  expect(again.differences).toMatchObject([{ verdict: "missing" }]);
});

test("grafana: a list that cannot be counted costs its own count", async () => {
  const cwd = project(lab, "grafana");
  const whole = await exported(cwd);
  expect([whole.exitCode, whole.uncounted, whole.differing]).toEqual([0, [], []]);
  lab.faults.grafana.add({ kind: "status", path: "/api/(v1/provisioning/alert-rules/export|ruler/)" });
  const found = await exported(cwd);
  lab.faults.grafana.clear();
  expect(found.counts).toEqual(whole.counts);
  expect(found.uncounted.map(({ items }) => items)).toEqual([["the number of alert rules"]]);
  const { "rule-groups": _, ...others } = whole.windows[0]?.server ?? {};
  expect(found.windows[0]?.server).toEqual(others);
  expect(found.differing).toEqual([]);
  expect(found.exitCode).toBe(3);
});
