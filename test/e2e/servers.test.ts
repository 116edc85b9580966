/**
 * From inventory to verification, against the lab, or against real servers where `CONTEXTCORE_E2E_LOKI_URL`,
 * `CONTEXTCORE_E2E_TEMPO_URL`, `CONTEXTCORE_E2E_MIMIR_URL` or `CONTEXTCORE_E2E_GRAFANA_URL` name them. Nothing is written to
 * a server.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Lab, startLab } from "../lab/lab.ts";
import { cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

const NAMES = ["tempo", "mimir", "loki", "grafana"] as const;
const real = NAMES.filter((name) => process.env[`CONTEXTCORE_E2E_${name.toUpperCase()}_URL`] !== undefined);
const cwd = temporaryDirectory();
let lab: Lab;
let env: Record<string, string>;

beforeAll(async () => {
  lab = await startLab();
  const urls = NAMES.map((name) => [
    `CONTEXTCORE_${name.toUpperCase()}_URL`,
    process.env[`CONTEXTCORE_E2E_${name.toUpperCase()}_URL`] ?? lab.urls[name],
  ]);
  env = { ...cleanEnv(cwd), ...Object.fromEntries(urls) };
});
afterAll(() => lab.stop());

/** The servers that were named; the whole lab when none was. */
const chosen = (): string[] => (real.length > 0 ? real : NAMES).flatMap((name) => ["--plugin", name]);

test("the inventory reaches every server", async () => {
  const { stdout, exitCode } = await run(["inventory", "--json"], { cwd, env });
  expect(exitCode, stdout).toBe(0);
});

test("an export is complete, agrees with the servers' counts, and verifies, offline and live", async () => {
  const exported = await run(["export", "-t", "24h", ...chosen(), "-o", "backups", "--json"], { cwd, env });
  expect(exported.exitCode, exported.stdout + exported.stderr).toBe(0);
  const { status, backends } = JSON.parse(exported.stdout);
  expect(status).toBe("complete");
  expect(backends.filter(({ agrees }: { agrees?: boolean }) => agrees === false)).toEqual([]);
  const verified = await run(["verify", "latest", "--live", "--json"], { cwd, env });
  expect(verified.exitCode, verified.stdout).toBe(0);
  expect(JSON.parse(verified.stdout)).toMatchObject({ sound: true, flawsTotal: 0 });
}, 300_000);

test("two exports of the same range hold the same records", async () => {
  const to = new Date(Date.now() - 3_600_000).toISOString();
  const from = new Date(Date.now() - 7_200_000).toISOString();
  const paths: string[] = [];
  for (const name of ["a", "b"]) {
    const done = await run(["export", "--from", from, "--to", to, ...chosen(), "-o", name, "--json"], {
      cwd,
      env,
    });
    expect([0, 3]).toContain(done.exitCode);
    paths.push(JSON.parse(done.stdout).snapshot.path);
  }
  const diff = await run(["snapshots", "diff", ...paths], { cwd, env });
  expect(diff.exitCode, diff.stdout).toBe(0);
}, 300_000);
