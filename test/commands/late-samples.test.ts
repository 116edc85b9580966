/** Samples that came out of order lie in a Prometheus before what it calls its oldest time: none of them is left out. */
import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import * as v from "valibot";
import { float, HOUR_MS, labels, push } from "../plugins/mimir/support.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { type Prometheus, startPrometheus } from "../support/prometheus.ts";

setDefaultTimeout(60_000);

const MINUTES = 360;
const newest = Math.floor(Date.now() / 60_000) * 60_000 - 30 * 60_000;
const config = () => "global: {}\nstorage: { tsdb: { out_of_order_time_window: 48h } }\n";
const Found = v.object({ backends: v.array(v.object({ oldest: v.string() })) });
const timeOf = (ms: number): string => new Date(ms).toISOString();

let server: Prometheus;
beforeAll(async () => {
  server = await startPrometheus({ config });
  const times = Array.from({ length: MINUTES }, (_, minute) => newest - minute * 60_000);
  const [latest = newest, ...late] = times;
  const write = `${server.url}/api/v1/write`;
  await push(write, [{ labels: labels("a"), points: [float(latest, 0)] }]);
  await push(write, [{ labels: labels("a"), points: late.toReversed().map((time) => float(time, 1)) }]);
});

async function answer(...args: readonly string[]): Promise<unknown> {
  const rest = ["tempo", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }`).join("\n");
  const cwd = temporaryDirectory({
    "contextcore.yaml": `name: shop\nbackends:\n  mimir: { url: "${server.url}", settle: 0s }\n${rest}\n`,
  });
  const { stdout, stderr, exitCode } = await run([...args, "--json"], { cwd });
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout);
}

test("the inventory names the hour of the oldest of them", async () => {
  const { backends } = v.parse(Found, await answer("inventory"));
  const oldest = Date.parse(backends[0]?.oldest ?? "");
  expect(oldest).toBeLessThanOrEqual(newest - (MINUTES - 1) * 60_000);
  expect(oldest).toBeGreaterThan(newest - (MINUTES + 120) * 60_000);
});

test("--all begins with the oldest of them", async () => {
  expect(await answer("export", "--all")).toMatchObject({
    backends: [{ backend: "mimir", counts: { samples: MINUTES } }],
  });
});

test("a range that is asked for is read as it is, whatever the server calls its oldest time", async () => {
  const [from, to] = [newest - 3 * HOUR_MS, newest - HOUR_MS];
  expect(await answer("export", "--from", timeOf(from), "--to", timeOf(to))).toMatchObject({
    range: { from: timeOf(from).replace(".000", ""), to: timeOf(to).replace(".000", "") },
    backends: [{ backend: "mimir", counts: { samples: 120 } }],
  });
});
