/** What `snapshots convert --to openmetrics` writes is read by the real promtool, and the samples are the same. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { objectOf } from "../../src/contract/contextcore.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { float, push } from "../plugins/mimir/support.ts";
import { cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { PROMTOOL } from "../support/prometheus.ts";

let lab: Lab;
const cwd = temporaryDirectory();
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.stop());

const lineSchema = v.object({
  metric: objectOf(v.string()),
  timestamps: v.array(v.number()),
  values: v.array(v.nullable(v.number())),
  special: v.optional(v.record(v.string(), v.string()), {}),
});

/** `labels value timestamp` of every sample that the format can carry, as `promtool tsdb dump` writes it. */
async function savedSamples(snapshot: string): Promise<string[]> {
  const text = await Bun.file(join(snapshot, "metrics.json")).text();
  return text
    .trimEnd()
    .split("\n")
    .flatMap((line) => {
      const { metric, timestamps, values, special } = v.parse(lineSchema, JSON.parse(line));
      const labels = Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1));
      const series = `{${labels.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(", ")}}`;
      return timestamps.flatMap((time, index) => {
        const value = values[index] ?? special[index];
        return value === undefined || /^stale$|^[0-9a-f]{16}$/.test(String(value))
          ? []
          : [`${series} ${toGo(value)} ${time}`];
      });
    })
    .sort();
}

/** As a number for comparison: Go and JavaScript print large numbers differently. */
const toGo = (value: number | string): string => String(Number(String(value).replace("Inf", "Infinity")));

async function promtool(...args: string[]): Promise<string> {
  const child = Bun.spawn([PROMTOOL, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  expect(await child.exited, stderr).toBe(0);
  return stdout;
}

test("promtool builds blocks from it, and dumps the samples of the snapshot", async () => {
  const env = { ...cleanEnv(cwd), CONTEXTCORE_MIMIR_URL: lab.urls.mimir };
  const exported = await run(["export", "-t", "25h", "--plugin", "mimir", "-o", "backups", "--json"], {
    cwd,
    env,
  });
  const { path } = JSON.parse(exported.stdout).snapshot;
  const converted = await run(["snapshots", "convert", path, "--to", "openmetrics", "-o", "metrics.om"], {
    cwd,
    env,
  });
  expect(converted.exitCode).toBe(3);
  expect(converted.stderr).toContain("stale markers are not in it");
  expect(converted.stderr).toContain("native histograms are not in it");
  await promtool("tsdb", "create-blocks-from", "openmetrics", "metrics.om", "data");
  // `dump` wants a write-ahead log to be there, be it empty.
  await mkdir(join(cwd, "data", "wal"));
  const dumped = (await promtool("tsdb", "dump", "data"))
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/ (\S+) (\d+)$/, (_, value, time) => ` ${toGo(value)} ${time}`))
    .sort();
  const saved = await savedSamples(path);
  expect(saved.length).toBeGreaterThan(1000);
  expect(dumped).toEqual(saved);
}, 60_000);

/** Names that an object is born with are names like others: without them two series would be one. */
const ODD_LABELS: readonly (readonly (readonly [string, string])[])[] = [
  [
    ["__name__", "laps_total"],
    ["constructor", "ferrari"],
    ["job", "f1"],
  ],
  [
    ["__name__", "laps_total"],
    ["constructor", "mclaren"],
    ["job", "f1"],
  ],
  [
    ["__name__", "depth"],
    ["__proto__", "b"],
    ["prototype", "a"],
  ],
  [
    ["__name__", "depth"],
    ["__proto__", "c"],
    ["prototype", "a"],
  ],
];

test("series that differ in such a label stay apart, in both directions", async () => {
  const env = { ...cleanEnv(cwd), CONTEXTCORE_MIMIR_URL: lab.urls.mimir };
  const time = Math.floor(Date.now() / 1_000) * 1_000 - 3_599_875; // ends in .125: a number would drop a zero
  await push(
    `${lab.urls.mimir}/api/v1/push`,
    ODD_LABELS.map((labels, index) => ({ labels, points: [float(time, index)] })),
  );
  const odd = ["--plugin", "mimir", "--match", '{__name__=~"laps_total|depth"}', "-t", "2h", "--json"];
  const exported = await run(["export", ...odd, "-o", "odd"], { cwd, env });
  const { path } = JSON.parse(exported.stdout).snapshot;
  const converted = await run(["snapshots", "convert", path, "--to", "openmetrics", "-o", "odd.om"], {
    cwd,
    env,
  });
  expect(converted.exitCode).toBe(0);
  const text = await Bun.file(join(cwd, "odd.om")).text();
  expect(text.split("\n").sort()).toEqual(
    [
      "",
      "# EOF",
      `depth{__proto__="b",prototype="a"} 2 ${time / 1_000}`,
      `depth{__proto__="c",prototype="a"} 3 ${time / 1_000}`,
      `laps_total{constructor="ferrari",job="f1"} 0 ${time / 1_000}`,
      `laps_total{constructor="mclaren",job="f1"} 1 ${time / 1_000}`,
    ].sort(),
  );
  const other = await startLab({ empty: true });
  try {
    const there = { ...cleanEnv(cwd), CONTEXTCORE_MIMIR_URL: other.urls.mimir };
    expect((await run(["restore", path, "--yes"], { cwd, env: there })).exitCode).toBe(0);
    const again = await run(["export", ...odd, "-o", "again"], { cwd, env: there });
    const saved = (directory: string) => Bun.file(join(directory, "metrics.json")).text();
    expect(await saved(JSON.parse(again.stdout).snapshot.path)).toBe(await saved(path));
  } finally {
    await other.stop();
  }
}, 60_000);

test("nothing is left under the final name when it cannot be written whole", async () => {
  const { exitCode, stderr } = await run(
    ["snapshots", "convert", "latest", "--to", "openmetrics", "-o", "none/metrics.om"],
    { cwd },
  );
  expect(exitCode).toBe(1);
  expect(stderr).toContain("none/metrics.om");
});

test("of a snapshot without metrics nothing is written, and that is a mistake of who asked", async () => {
  const env = { ...cleanEnv(cwd), CONTEXTCORE_LOKI_URL: lab.urls.loki };
  const exported = await run(["export", "--plugin", "loki", "-t", "1h", "--json", "-o", "logs"], {
    cwd,
    env,
  });
  const { path } = JSON.parse(exported.stdout).snapshot;
  const { exitCode, stderr } = await run(
    ["snapshots", "convert", path, "--to", "openmetrics", "-o", "no.om"],
    { cwd, env },
  );
  expect(stderr).toContain("has no metrics, so nothing was written");
  expect(exitCode).toBe(2);
  expect(await Bun.file(join(cwd, "no.om")).exists()).toBe(false);
});
