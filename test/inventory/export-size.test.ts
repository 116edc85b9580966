/** What an export is said to take, against what it takes. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Signal, Size } from "../../src/contract/contract.ts";
import { estimateExport } from "../../src/inventory/export-size.ts";
import type { Reached } from "../../src/inventory/survey.ts";
import { parseBytes } from "../../src/units/bytes.ts";
import { toRfc3339 } from "../../src/units/range.ts";
import { startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { labProject } from "../support/project.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const lab = await startLab();
afterAll(() => lab.stop());

/** Runs an export; what was said beforehand, and what it took. Bytes. */
async function exported(cwd: string, ...args: string[]) {
  const { stdout, stderr } = await run(["export", "--json", ...args], { cwd });
  const said = /: about (\S+ \S+) \((\S+ \S+) to (\S+ \S+)\)/.exec(stderr)?.slice(1).map(parseBytes);
  const [likely = 0, low = 0, high = 0] = said ?? [];
  return { likely, low, high, took: JSON.parse(stdout).bytes as number };
}

test("the first export lies between the ends, the next is known from it", async () => {
  const cwd = labProject(lab);
  const first = await exported(cwd, "--all");
  expect(first.low).toBeLessThan(first.took);
  expect(first.high).toBeGreaterThan(first.took);
  expect(first.high / first.low).toBeLessThan(10);
  const second = await exported(cwd, "-t", "12h");
  expect(second.likely / second.took).toBeGreaterThan(0.6);
  expect(second.likely / second.took).toBeLessThan(1.6);
});

test("a snapshot of a selector or a compressed one measures nothing", async () => {
  const cwd = labProject(lab, { only: ["loki"] });
  const before = await exported(cwd, "-t", "24h", "--match", '{service_name="checkout"}');
  await run(["export", "--compress", "zstd", "-t", "24h"], { cwd });
  const after = await exported(cwd, "-t", "24h");
  expect(after.likely / before.likely).toBeCloseTo(1, 1);
});

const DAY = 86_400_000_000_000n;

const reached = (signal: Signal, source: Size["source"]): Reached =>
  ({
    state: "reached",
    name: "x",
    inventory: { signals: [signal], oldest: 0n, newest: 100n * DAY, importance: "low" },
    size: { bytes: 1_000_000, source },
  }) as Partial<Reached> as Reached;

/** A snapshot of the last day, 50 kB. */
const dayOf = (newest: bigint) => {
  const range = { from: toRfc3339(newest - DAY), to: toRfc3339(newest) };
  const plugin = { name: "x", status: "complete", range, files: [{ path: "metrics.json", bytes: 50_000 }] };
  return [{ path: "", manifest: { plugins: [plugin] } }] as unknown as Parameters<typeof estimateExport>[1];
};

test("one sample from 1971 makes no export of gigabytes", () => {
  const [oldest, newest] = [365n * DAY, 20_000n * DAY];
  const finding = (more: object, bytes = 62_000): Reached => ({
    ...reached("metrics", "api"),
    inventory: { signals: ["metrics"], importance: "low", oldest, newest, ...more },
    size: { bytes, source: "api" },
  });
  const all = { from: oldest, to: newest };
  const size = (more: object, snapshots: Parameters<typeof estimateExport>[1], range = all) =>
    estimateExport([{ finding: finding(more), range }], snapshots);
  expect(size({}, []).high).toBeLessThan(2_000_000);
  expect(size({}, dayOf(newest)).high).toBeLessThan(2_000_000);
  expect(size({}, dayOf(newest)).likely).toBeGreaterThanOrEqual(50_000);
  // What is told of a server may be less than what a snapshot of it held.
  expect(estimateExport([{ finding: finding({}, 100), range: all }], dayOf(newest)).likely).toBe(50_000);
  // A day of fifteen that are kept is a fifteenth, whatever the outlier's age.
  const kept = { retention: 15n * DAY };
  const share = size(kept, [], { from: newest - DAY, to: newest }).likely / size(kept, []).likely;
  expect(share).toBeCloseTo(1 / 15, 3);
  expect(size(kept, dayOf(newest)).likely).toBe(15 * 50_000);
});

test("a range takes its share, except of things that have no time", () => {
  const likely = (signal: Signal, source: Size["source"], days: bigint): number =>
    estimateExport([{ finding: reached(signal, source), range: { from: 0n, to: days * DAY } }], []).likely;
  expect(likely("logs", "api", 1n)).toBe(likely("logs", "api", 100n) / 100);
  expect(likely("dashboards", "estimate", 1n)).toBe(likely("dashboards", "estimate", 100n));
  // Whatever a server says that it stores of traces and metrics is compressed; of logs it may say the lines themselves.
  for (const source of ["disk", "api", "estimate"] as const) {
    expect(likely("traces", source, 100n)).toBeGreaterThan(4_000_000);
    expect(likely("metrics", source, 100n)).toBeGreaterThan(4_000_000);
  }
  expect(likely("logs", "disk", 100n)).toBeGreaterThan(likely("logs", "api", 100n));
});
