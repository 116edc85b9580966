/** `snapshots list|show|diff|prune` and `export --since-last`, as a person and a script meet them. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { formatManifest, parseManifest } from "../../src/snapshot/format/manifest.ts";
import { type Stacks, startStacks } from "../restore/stack.ts";
import { printedIn } from "../support/printed.ts";
import { openSession } from "../support/pseudo-terminal.ts";

const HOUR = 3_600_000;
const now = Date.now();
const ago = (hours: number): string => new Date(now - hours * HOUR).toISOString();

let stacks: Stacks;
const kept = (): string[] =>
  readdirSync(join(stacks.cwd, "backups"))
    .filter((name) => /^\d/.test(name))
    .sort();
const call = (...args: string[]) => stacks.on(stacks.full, ...args);
const json = async (...args: string[]) => printedIn((await call(...args, "--json")).stdout);

/** Exports a range, as it would have been done then. @returns its name */
async function exportOf(from: number, to: number, ...args: string[]): Promise<string> {
  const { snapshot } = await json("export", "--from", ago(from), "--to", ago(to), ...args);
  return snapshot.name;
}

/** Says of a snapshot that it was made earlier. */
async function backdate(name: string, days: number): Promise<string> {
  const created = new Date(now - days * 24 * HOUR).toISOString();
  const path = join(stacks.cwd, "backups", name);
  const file = join(path, "manifest.json");
  const manifest = { ...parseManifest(await Bun.file(file).text(), file), created };
  await Bun.write(file, formatManifest(manifest).text);
  const older = `${created.slice(0, 19).replace(/[-:]/g, "").replace("T", "-")}`;
  renameSync(path, join(stacks.cwd, "backups", older));
  return older;
}

beforeAll(async () => {
  stacks = await startStacks();
  await exportOf(20, 14, "--plugin", "loki", "--plugin", "tempo");
  await exportOf(10, 4, "--plugin", "loki");
});
afterAll(() => stacks.stop());

test("list points out a directory that holds a snapshot under another name, which nothing counts", async () => {
  const [name = ""] = kept();
  const [own, other] = [name, "before-the-move"].map((one) => join(stacks.cwd, "backups", one));
  renameSync(own ?? "", other ?? "");
  try {
    const { stdout, stderr, exitCode } = await call("snapshots", "list");
    expect(stdout).not.toMatch(new RegExp(`^${name} `, "m"));
    expect(stderr).toContain("before-the-move: it holds a snapshot, but is not called like one");
    expect(exitCode).toBe(3);
    const { unreadable } = await json("snapshots", "list");
    expect(unreadable.map(({ path }: { path: string }) => basename(path))).toEqual(["before-the-move"]);
    expect((await call("verify", "backups/before-the-move")).exitCode).toBe(0);
  } finally {
    renameSync(other ?? "", own ?? "");
  }
  expect((await call("snapshots", "list")).exitCode).toBe(0);
});

test("list says how complete and how big each is, and which times no snapshot holds", async () => {
  const { snapshots, coverage } = await json("snapshots", "list");
  expect(
    snapshots.map(({ status, backends }: { status: string; backends: { backend: string }[] }) => [
      status,
      backends.map(({ backend }) => backend),
    ]),
  ).toEqual([
    ["complete", ["tempo", "loki"]],
    ["complete", ["loki"]],
  ]);
  const gapsOf = (name: string): { from: string; to: string }[] =>
    coverage.find(({ backend }: { backend: string }) => backend === name)?.gaps;
  expect(gapsOf("loki").map(({ from, to }) => [from, to].map(Date.parse))).toEqual([
    [ago(14), ago(10)].map(Date.parse),
  ]);
  expect(gapsOf("tempo")).toHaveLength(1);
  const { stdout } = await call("snapshots", "list");
  const [, , , tempo = "", loki = "", axis = ""] = stdout.split("\n");
  expect(loki).toMatch(/^loki +█+▒?·+▒?█+ +4h in no snapshot$/);
  expect(tempo).toMatch(/^tempo +█+▒?·+ +the last 10h not saved yet$/);
  expect(axis.trim().split(/ {2,}/)).toEqual(
    [ago(20), ago(4)].map((time) => time.slice(0, 16).replace("T", " ")),
  );
});

test("the picture fits the terminal, with colours and without", async () => {
  const drawn = async (columns: number, env: Record<string, string> = {}) => {
    const session = openSession(["snapshots", "list"], { cwd: stacks.cwd, columns, env });
    expect(await session.exited).toBe(0);
    return session;
  };
  const narrow = await drawn(80, { NO_COLOR: "1" });
  const wide = await drawn(120);
  const lines = (text: string): string[] => text.split(/\r?\n/);
  expect(Math.max(...lines(narrow.text()).map((line) => Bun.stringWidth(line)))).toBeLessThanOrEqual(80);
  expect(lines(narrow.text())).toContainEqual(expect.stringMatching(/^ {2}tempo loki/));
  expect(narrow.raw()).not.toContain("\u001b[3");
  const widths = lines(wide.text()).map((line) => Bun.stringWidth(line));
  expect(Math.max(...widths)).toBeLessThanOrEqual(120);
  expect(Math.max(...widths)).toBeGreaterThan(100);
  expect(wide.raw()).toContain("\u001b[3");
});

test("an unfinished export is listed with the way to finish it, and the picture says what its signs mean", async () => {
  const partial = join(stacks.cwd, "backups", ".20260101-000000.partial");
  mkdirSync(partial);
  writeFileSync(join(partial, "request.json"), "{}");
  try {
    const { stdout } = await call("snapshots", "list");
    expect(stdout).toContain("\n.20260101-000000.partial  unfinished: contextcore export --resume\n");
    expect(stdout).toContain(
      "█ saved   ▒ saved in part   · in no snapshot   ┄ before the first save\nGaps are counted from",
    );
    expect((await json("snapshots", "list")).unfinished).toEqual([{ path: partial }]);
  } finally {
    rmSync(partial, { recursive: true });
  }
});

test("a backend of which no time is held whole has no picture without gaps", async () => {
  const [first = ""] = kept();
  const path = join(stacks.cwd, "backups", first, "manifest.json");
  const before = await Bun.file(path).text();
  const manifest = parseManifest(before, path);
  const plugins = manifest.plugins.map((plugin) =>
    plugin.name === "tempo" ? { ...plugin, status: "failed" as const } : plugin,
  );
  await Bun.write(path, formatManifest({ ...manifest, plugins }).text);
  try {
    const { stdout } = await call("snapshots", "list");
    expect(stdout).toMatch(/^tempo +·+ +nothing saved whole$/m);
  } finally {
    await Bun.write(path, before);
  }
});

test("verify --quick says what it has not looked at", async () => {
  const [first = ""] = kept();
  const { stdout, exitCode } = await call("verify", first, "--quick");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/ {2}sizes and index match {2}\d+ files, \d+ blocks, contents were not read\n$/);
  expect((await call("verify", first)).stdout).toMatch(/ {2}sound {2}.* read\n$/);
});

test("a snapshot that is elsewhere is named by its path", async () => {
  const { stderr, exitCode } = await call("verify", "20200101-000000");
  expect(exitCode).toBe(2);
  expect(stderr).toContain(
    `neither in ${stacks.cwd} nor in this configuration's ${join(stacks.cwd, "backups")}`,
  );
  expect(stderr).toContain("by its path");
});

test("show tells one snapshot, diff tells two in records", async () => {
  const [first = "", second = ""] = kept();
  const shown = await call("snapshots", "show", first);
  expect([shown.exitCode, shown.stdout]).toEqual([
    0,
    expect.stringMatching(/loki +.*complete +[\d,]+ entries/),
  ]);
  const different = await json("snapshots", "diff", first, second);
  expect((await call("snapshots", "diff", first, second)).exitCode).toBe(5);
  expect(JSON.stringify(different)).toContain("entries");
  const same = await call("snapshots", "diff", first, first);
  expect([same.exitCode, same.stdout]).toEqual([
    0,
    expect.stringMatching(
      /^tempo +equal +[\d,]+ spans\nloki +equal +[\d,]+ entries\n2 of 2 files are equal\n$/,
    ),
  ]);
  const told = await call("snapshots", "diff", first, second);
  expect(told.stdout).toMatch(
    /^tempo +differs +[\d,]+ spans fewer \(0 equal\)\nloki +differs +[\d,]+ entries more, /,
  );
  expect(different.backends).toMatchObject([
    { backend: "tempo", equal: false, units: [{ unit: "spans", more: 0, both: 0 }] },
    { backend: "loki", equal: false },
  ]);
});

test("--since-last goes back to the first gap, with an overlap, and leaves none", async () => {
  const { range } = await json("export", "--since-last", "--plugin", "loki", "--to", ago(0));
  expect(Date.parse(range.from)).toBe(now - 15 * HOUR);
  const { coverage } = await json("snapshots", "list");
  expect(coverage.find(({ backend }: { backend: string }) => backend === "loki").gaps).toEqual([]);
  const next = await json("export", "--since-last", "--plugin", "loki", "--to", ago(0));
  // The last half minute was still settling, so the one before ended there.
  const until = Date.parse(next.range.from) + HOUR;
  expect(until).toBeLessThanOrEqual(now);
  expect(until).toBeGreaterThan(now - 31_000);
});

test("prune refuses an empty policy, and removes nothing unasked", async () => {
  const before = kept();
  for (const policy of [[], ["--keep-last", "0"], ["--keep-within", "0s"]]) {
    const { exitCode, stderr } = await call("snapshots", "prune", ...policy, "--yes");
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining("a policy that keeps nothing")]);
  }
  const unasked = await call("snapshots", "prune", "--keep-last", "1", "--allow-gaps");
  expect([unasked.exitCode, unasked.stderr]).toEqual([4, expect.stringContaining("not confirmed")]);
  const looked = await call("snapshots", "prune", "--keep-last", "1", "--allow-gaps", "--dry-run");
  expect([looked.exitCode, looked.stdout]).toEqual([0, expect.stringContaining("snapshots to remove")]);
  expect(kept()).toEqual(before);
});

test("prune keeps each class its own time, leaves no gap, and is in the trail", async () => {
  const [first = "", ...others] = kept();
  const old = await backdate(first, 40);
  const important = await json("snapshots", "prune", "--keep-classes", "--dry-run");
  const decided = important.snapshots.find(({ path }: { path: string }) => basename(path) === old);
  expect(decided.reasons).toEqual([expect.stringMatching(/^(critical|important) data of tempo$/)]);
  const gapless = await json("snapshots", "prune", "--keep-last", "1", "--yes");
  const keptFor = gapless.snapshots.find(({ path }: { path: string }) => basename(path) === old);
  expect(keptFor.reasons).toContainEqual(expect.stringMatching(/^no other kept one has \d+h\S* of tempo$/));
  await call("snapshots", "prune", "--keep-last", "1", "--allow-gaps", "--yes");
  expect(kept()).toEqual(others.slice(-1));
  const events = await json("audit", "--operation", "prune", "-n", "10");
  expect(events.map(({ outcome }: { outcome: string }) => outcome)).toEqual(
    Array.from({ length: events.length / 2 }, () => ["started", "success"]).flat(),
  );
  expect(events.at(-2).data_affected.map((path: string) => basename(path))).toContain(old);
});

test("the last complete snapshot stays, whatever the policy", async () => {
  const [last = ""] = kept();
  await backdate(last, 4_000);
  const { stdout, exitCode } = await call(
    "snapshots",
    "prune",
    "--keep-within",
    "1h",
    "--allow-gaps",
    "--yes",
  );
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining("the newest complete one")]);
  expect(kept()).toHaveLength(1);
});
