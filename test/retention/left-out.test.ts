/** What was erased does not come back: not by a restore, not by a drill, not by a conversion, and each says how much it left out. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Stacks, startStacks, TIMED } from "../restore/stack.ts";
import { run } from "../support/binary.ts";
import { contentsIn, erase } from "./erase-some.ts";

setDefaultTimeout(120_000);

let stacks: Stacks;
let snapshot: string;
beforeAll(async () => {
  stacks = await startStacks();
  snapshot = await stacks.exported(stacks.full, "first", TIMED);
});
afterAll(() => stacks.stop());

const LOGS = { plugin: "loki", file: "logs.json" };
const TRACES = { plugin: "tempo", file: "traces.json" };
const METRICS = { plugin: "mimir", file: "metrics.json" };

/** A clean project: nothing was erased in it. */
const forget = (): void => rmSync(join(stacks.cwd, ".contextcore"), { recursive: true, force: true });

test("a restore leaves out what was erased, counts the rest, and is complete", async () => {
  forget();
  const entries = erase(stacks.cwd, snapshot, LOGS, (_, n) => n % 7 === 0);
  const samples = erase(stacks.cwd, snapshot, METRICS, (_, n) => n % 5 === 0);
  const [first = ""] = contentsIn(snapshot, TRACES);
  const trace = /[0-9a-f]{32}/.exec(first)?.[0] ?? "none";
  const spans = erase(stacks.cwd, snapshot, TRACES, (content) => content.includes(trace));
  expect(Math.min(entries, samples, spans)).toBeGreaterThan(0);

  const other = await stacks.another();
  const plan = await stacks.on(other, "restore", snapshot, "--dry-run");
  expect(plan.stderr).toContain(`(${(entries + samples + spans).toLocaleString("en")} records in all)`);
  const done = await stacks.on(other, "restore", snapshot, "--yes", "--json");
  expect(done.exitCode, done.stdout + done.stderr).toBe(0);
  const { status, backends } = JSON.parse(done.stdout);
  expect(status).toBe("complete");
  const erased = Object.fromEntries(
    backends.map((one: { backend: string; erased?: Record<string, number> }) => [one.backend, one.erased]),
  );
  expect(erased.loki).toEqual({ entries });
  expect(erased.tempo).toEqual({ spans, spansInRange: spans, traces: 1 });
  expect(erased.mimir).toMatchObject({ samples: expect.any(Number) });

  const again = await stacks.exported(other, "again", TIMED);
  forget();
  const diff = await run(["snapshots", "diff", snapshot, again, "--json"], { cwd: stacks.cwd });
  const units = JSON.parse(diff.stdout).backends.flatMap((one: { units: unknown[] }) => one.units);
  for (const [unit, fewer] of Object.entries({ entries, samples, spans }))
    expect(units).toContainEqual(expect.objectContaining({ unit, fewer, more: 0 }));
});

test("a restore by people says how much was left out, and one that was told in its journal says it again", async () => {
  forget();
  const entries = erase(stacks.cwd, snapshot, LOGS, (_, n) => n < 3);
  const other = await stacks.another();
  const done = await stacks.on(other, "restore", snapshot, "--plugin", "loki", "--yes");
  expect([done.exitCode, done.stderr]).toEqual([
    0,
    expect.stringContaining(`left out: loki: ${entries} entries, erased since`),
  ]);
});

test("a drill compares without it, and proves the rest", async () => {
  forget();
  erase(stacks.cwd, snapshot, LOGS, (_, n) => n % 3 === 0);
  const drilled = await stacks.on(
    stacks.full,
    ...["drill", "run", "--snapshot", snapshot, "--backend", "loki", "--json"],
  );
  const { verdict, backends } = JSON.parse(drilled.stdout);
  expect([drilled.exitCode, verdict, backends[0].reasons], drilled.stderr).toEqual([0, "rehearsed", []]);
});

test("a conversion leaves it out, too", async () => {
  forget();
  const convert = async (to: string): Promise<number> => {
    const words = ["snapshots", "convert", snapshot, "--to", "openmetrics", "-o", to];
    await run(words, { cwd: stacks.cwd });
    return readFileSync(join(stacks.cwd, to), "utf8").split("\n").length;
  };
  const all = await convert("all.om");
  erase(stacks.cwd, snapshot, METRICS, () => true);
  expect(all).toBeGreaterThan(10);
  expect(await convert("none.om")).toBe(2);
});

test("without the key of what was erased nothing is restored, unless that is said, and then the trail has it", async () => {
  forget();
  erase(stacks.cwd, snapshot, LOGS, () => true);
  rmSync(join(stacks.cwd, ".contextcore", "erased.key"));
  const other = await stacks.another();
  const words = ["restore", snapshot, "--plugin", "loki", "--yes"];
  const refused = await stacks.on(other, ...words);
  expect([refused.exitCode, refused.stderr]).toEqual([4, expect.stringContaining("--ignore-erasures")]);
  const done = await stacks.on(other, ...words, "--ignore-erasures");
  expect([done.exitCode, done.stderr]).toEqual([0, expect.stringContaining("it may come back")]);
  const trail = readFileSync(join(stacks.cwd, ".contextcore", "audit.jsonl"), "utf8");
  expect(trail).toContain('"ignored_erasures":["this project"]');
});
