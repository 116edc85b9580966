/** What `snapshots convert --to openmetrics` writes is read by the real promtool, and the samples are the same. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { type Lab, startLab } from "../lab/lab.ts";
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
  metric: v.record(v.string(), v.string()),
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
  const { path } = JSON.parse(exported.stdout);
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

test("nothing is left under the final name when it cannot be written whole", async () => {
  const { exitCode, stderr } = await run(
    ["snapshots", "convert", "latest", "--to", "openmetrics", "-o", "none/metrics.om"],
    { cwd },
  );
  expect(exitCode).toBe(1);
  expect(stderr).toContain("none/metrics.om");
});
