/** A drill into a real Prometheus: empty it proves that everything comes back; with data, or as the stack's own, it is refused. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { float, labels, push } from "../plugins/mimir/support.ts";
import { run } from "../support/binary.ts";
import { startPrometheus } from "../support/prometheus.ts";
import { quietProject } from "../support/service.ts";

setDefaultTimeout(120_000);

const MINUTE_MS = 60_000;

test("an hour of samples is proved to come back, and the second drill into the same server is refused", async () => {
  const [own, empty] = await Promise.all([startPrometheus(), startPrometheus()]);
  const now = Date.now();
  const points = Array.from({ length: 60 }, (_, minute) =>
    float(now - (61 - minute) * MINUTE_MS, minute / 7),
  );
  await push(`${own.url}/api/v1/write`, [{ labels: labels("orders_total"), points }]);
  const cwd = quietProject();
  const file = join(cwd, "contextcore.yaml");
  const config = readFileSync(file, "utf8").replace(
    "mimir: { enabled: false }",
    `mimir: { url: "${own.url}" }`,
  );
  writeFileSync(file, `${config}drill:\n  mimir: { url: "${empty.url}" }\n`);
  const exported = await run(["export", "-t", "2h"], { cwd });
  expect(exported.exitCode, exported.stderr).toBe(0);
  const first = await run(["drill", "--json"], { cwd });
  expect(first.exitCode, first.stderr + first.stdout).toBe(0);
  expect(JSON.parse(first.stdout).backends).toMatchObject([
    { backend: "mimir", verdict: "proved", into: { kind: "server", url: empty.url }, records: 60 },
  ]);
  const second = await run(["drill"], { cwd });
  expect(second.stderr).toContain("drill.mimir holds data already");
  expect(second.exitCode).toBe(4);
  writeFileSync(file, `${config}drill:\n  mimir: { url: "${own.url.replace("127.0.0.1", "localhost")}" }\n`);
  const third = await run(["drill"], { cwd });
  expect(third.stderr).toContain("and that is the server of mimir");
  expect(third.exitCode).toBe(4);
  await Promise.all([own.stop(), empty.stop()]);
});

test("records that no Prometheus takes back are a part that is missing, although every sample came back", async () => {
  await using shop = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => new Response("# HELP orders_total Orders.\n# TYPE orders_total counter\norders_total 1\n"),
  });
  const scraping = `scrape_configs: [{ job_name: shop, scrape_interval: 200ms, scrape_timeout: 200ms, static_configs: [{ targets: ["127.0.0.1:${shop.port}"] }] }]\n`;
  const [own, empty] = await Promise.all([startPrometheus({ config: () => scraping }), startPrometheus()]);
  while (!(await (await fetch(`${own.url}/api/v1/metadata`)).text()).includes("orders_total"))
    await Bun.sleep(50);
  const cwd = quietProject();
  const file = join(cwd, "contextcore.yaml");
  const config = readFileSync(file, "utf8").replace(
    "mimir: { enabled: false }",
    `mimir: { url: "${own.url}" }`,
  );
  writeFileSync(file, `${config}drill:\n  mimir: { url: "${empty.url}" }\n`);
  const exported = await run(["export", "-t", "1h"], { cwd });
  expect(exported.exitCode, exported.stderr).toBe(0);
  const { stdout, stderr, exitCode } = await run(["drill", "--json"], { cwd });
  expect(stdout, stderr).not.toBe("");
  const [mimir] = JSON.parse(stdout).backends;
  expect(mimir.reasons).toEqual([expect.stringContaining("of a kind that no such server can take back")]);
  expect([mimir.verdict, exitCode]).toEqual(["partial", 3]);
  await Promise.all([own.stop(), empty.stop()]);
});
