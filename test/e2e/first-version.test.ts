/** A project as version 0.1 left it, with its snapshots, an interrupted export and its trail, goes on as if nothing had changed. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, readdirSync, readFileSync, realpathSync, utimesSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Lab, startLab } from "../lab/lab.ts";
import { cleanEnv, type Finished, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { fill, SAVED, SAVED_AT } from "../support/project-0-1.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const PLAIN = "20261130-082823";
const ZSTD = "20261130-082824";

const SAVED_TIME = Number(SAVED_AT / 1_000_000_000n);

const start = () => startLab({ empty: true, now: () => SAVED_AT });
const [lab, other] = await Promise.all([start(), start()]);
afterAll(() => Promise.all([lab.stop(), other.stop()]));
await fill(lab);

/** A copy of it, and how the program is run in it beside these servers. */
function project() {
  const root = realpathSync(temporaryDirectory());
  cpSync(resolve(import.meta.dir, "../fixtures/project-0-1"), root, { recursive: true });
  const cwd = join(root, "project");
  const open = join(cwd, ".contextcore", "open");
  // Git keeps no times: what was going on then has shown no sign of life since.
  for (const name of readdirSync(open)) utimesSync(join(open, name), SAVED_TIME, SAVED_TIME);
  const at = ({ urls }: Lab) => ({
    ...cleanEnv(join(root, "home")),
    CONTEXTCORE_AUDIT_STALE_AFTER: "1",
    CONTEXTCORE_TEMPO_URL: urls.tempo,
    CONTEXTCORE_TEMPO_OTLP_URL: urls.otlp,
    CONTEXTCORE_MIMIR_URL: urls.mimir,
    CONTEXTCORE_LOKI_URL: urls.loki,
    CONTEXTCORE_GRAFANA_URL: urls.grafana,
  });
  const call = (line: string, servers: Lab = lab): Promise<Finished> =>
    run(line.split(" "), { cwd, env: at(servers) });
  return { cwd, call };
}

const RECORDS = ["traces.json", "metrics.json", "logs.json"] as const;
const recordsIn = (directory: string): string[] =>
  RECORDS.map((file) => readFileSync(join(directory, file), "utf8").split("\n").sort().join("\n"));

test("its configuration, its trail and its snapshots are read and found sound", async () => {
  const { call } = project();
  const trail = await call("audit verify");
  expect(trail.stdout).toContain("home copy: agrees, up to event 8");
  expect(trail.stdout).toContain("8 events in 1 file");
  // The interrupted export has no end yet.
  expect(trail.exitCode).toBe(3);
  expect((await call("config check")).exitCode).toBe(0);
  const listed = await call("snapshots list");
  expect(listed.stdout).toMatch(new RegExp(`${PLAIN} +complete`));
  expect(listed.stdout).toMatch(new RegExp(`${ZSTD} +complete`));
  for (const name of [PLAIN, ZSTD]) {
    const { exitCode, stdout } = await call(`verify ${name}`);
    expect({ name, exitCode, stdout }).toEqual({
      name,
      exitCode: 0,
      stdout: expect.stringContaining("sound"),
    });
  }
  expect((await call(`snapshots diff ${PLAIN} ${ZSTD}`)).exitCode).toBe(0);
});

test("its interrupted export is finished, and holds what the whole one holds", async () => {
  const { cwd, call } = project();
  const { exitCode, stderr } = await call("export --resume");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.any(String) });
  const backups = join(cwd, "backups");
  expect(readdirSync(backups).filter((name) => name.endsWith(".partial"))).toEqual([]);
  const resumed = join(backups, "20261130-082825");
  expect(recordsIn(resumed)).toEqual(recordsIn(join(backups, PLAIN)));
  expect((await call("verify 20261130-082825 --live")).exitCode).toBe(0);
  const trail = await call("audit verify");
  expect({ said: trail.stdout + trail.stderr, exitCode: trail.exitCode }).toEqual({
    said: expect.any(String),
    exitCode: 0,
  });
});

test("its snapshots are restored into other servers, from which an export is equal", async () => {
  const { cwd, call } = project();
  const restored = await call(`restore ${ZSTD} --yes`, other);
  expect({ exitCode: restored.exitCode, stderr: restored.stderr }).toEqual({
    exitCode: 0,
    stderr: expect.any(String),
  });
  const again = await call(`export --from ${SAVED.from} --to ${SAVED.to} -o again`, other);
  expect(again.exitCode).toBe(0);
  const [name = ""] = readdirSync(join(cwd, "again"));
  expect(recordsIn(join(cwd, "again", name))).toEqual(recordsIn(join(cwd, "backups", PLAIN)));
});
