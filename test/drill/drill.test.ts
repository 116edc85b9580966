/** A drill as its user meets it: every backend restored into a target of its own, read back, compared, measured and recorded. */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Lab, startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { debianProgram } from "../support/debian.ts";
import { eventsIn } from "../support/printed.ts";
import { labProject } from "../support/project.ts";
import { startRedis } from "../support/redis.ts";

setDefaultTimeout(120_000);

let lab: Lab;
let cwd: string;
const REDIS = debianProgram({ suite: "sid", package: "valkey-server", program: "valkey-server" });
/** A scratch server for Redis is one that is on the PATH. */
const env = { PATH: `${dirname(REDIS)}:${process.env.PATH}` };

beforeAll(async () => {
  lab = await startLab();
  const redis = await startRedis("Valkey 9");
  redis.cli("SET a 1\nRPUSH list x y z\nHSET h f v");
  cwd = labProject(lab);
  withBackends(cwd, [
    "ledger: { plugin: sqlite, path: ledger.db }",
    "conf: { plugin: files, path: conf }",
    `cache: { plugin: redis, address: "${redis.address}" }`,
  ]);
  mkdirSync(join(cwd, "conf", "sub"), { recursive: true });
  writeFileSync(join(cwd, "conf", "sub", "a.txt"), "hello");
  using ledger = new Database(join(cwd, "ledger.db"));
  ledger.run("CREATE TABLE e (id INTEGER PRIMARY KEY, t TEXT)");
  ledger.run("INSERT INTO e (t) VALUES ('one'), ('two')");
  const exported = await run(["export"], { cwd });
  expect(exported.exitCode, exported.stderr).toBe(0);
});
afterAll(() => lab.stop());

function withBackends(directory: string, lines: readonly string[]): void {
  const file = join(directory, "contextcore.yaml");
  const text = readFileSync(file, "utf8");
  writeFileSync(
    file,
    text.replace("backends:\n", `backends:\n${lines.map((line) => `  ${line}\n`).join("")}`),
  );
}

interface Report {
  readonly name: string;
  readonly verdict: string;
  readonly recoverySeconds: number;
  readonly backends: readonly {
    readonly backend: string;
    readonly verdict: string;
    readonly reasons: readonly string[];
    readonly into?: { readonly kind: string };
    readonly units: readonly { readonly unit: string; readonly both: number; readonly fewer: number }[];
    readonly saved: { readonly counts: object; readonly oldest?: string; readonly newest?: string };
    readonly back: { readonly counts: object; readonly oldest?: string; readonly newest?: string };
    readonly restoreSeconds: number;
    readonly records: number;
  }[];
}

const drilled = async (...args: readonly string[]): Promise<Report> => {
  const { stdout, stderr } = await run(["drill", ...args, "--json"], { cwd, env });
  expect(stdout, stderr).not.toBe("");
  return JSON.parse(stdout);
};

test("everything comes back: proved where its own server or place held it, rehearsed where a look-alike did", async () => {
  const { backends, recoverySeconds, verdict } = await drilled();
  const found = Object.fromEntries(backends.map((one) => [one.backend, [one.verdict, one.into?.kind]]));
  expect(found).toEqual({
    tempo: ["rehearsed", "look-alike"],
    mimir: ["rehearsed", "look-alike"],
    loki: ["rehearsed", "look-alike"],
    // Two things of its sample data Grafana takes from nobody, and they are named.
    grafana: ["partial", "look-alike"],
    ledger: ["proved", "scratch"],
    conf: ["proved", "scratch"],
    cache: ["proved", "scratch"],
  });
  expect(verdict).toBe("partial");
  const loki = backends.find((one) => one.backend === "loki");
  expect(loki?.back).toEqual(loki?.saved as never);
  expect(loki?.saved.oldest).toMatch(/Z$/);
  expect(loki?.units).toEqual([expect.objectContaining({ unit: "entries", fewer: 0, both: loki?.records })]);
  // A look-alike's pace is not a server's.
  const paces = backends.filter(({ into }) => into?.kind !== "look-alike").map((one) => one.restoreSeconds);
  expect(recoverySeconds).toBeCloseTo(
    paces.reduce((sum, one) => sum + one, 0),
    5,
  );
});

test("it says in words what was restored, how fast, and what is only rehearsed", async () => {
  const { stdout, exitCode } = await run(["drill", "--backend", "loki", "--backend", "ledger"], { cwd, env });
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/loki +rehearsed +[\d,]+ entries +into a look-alike +restored in \S+ \(.*\/s\)/);
  expect(stdout).toMatch(/ledger +proved +1 database +into a scratch place/);
  expect(stdout).toMatch(
    /at this pace a recovery takes about \S+, one backend after the other; not in it: loki\n/,
  );
  expect(stdout).toContain("loki came back from a look-alike: that is rehearsed, and not proved");
  expect(stdout.trimEnd().split("\n").at(-1)).toBe("everything came back as it was saved");
});

test("the reports are kept, listed and shown, and each drill stands in the trail; nothing else is left", async () => {
  const { name } = await drilled("--backend", "conf");
  const listed = JSON.parse((await run(["drill", "list", "--json"], { cwd })).stdout);
  expect(listed.drills[0]).toMatchObject({ name, verdict: "proved", backends: [{ backend: "conf" }] });
  expect(listed.total).toBeGreaterThanOrEqual(1);
  const shown = JSON.parse((await run(["drill", "show", name, "--json"], { cwd })).stdout);
  expect(shown).toMatchObject({ name, backends: [{ backend: "conf", verdict: "proved" }] });
  const { stdout } = await run(["audit", "--operation", "drill", "--json", "-n", "2"], { cwd });
  expect(eventsIn(stdout).map(({ outcome }) => outcome)).toEqual(["started", "success"]);
  expect(readdirSync(join(cwd, "backups", ".drills"))).toEqual([]);
  expect((await run(["drill", "show", "19990101"], { cwd })).exitCode).toBe(2);
});

test("a backend that is not there is named, and nothing runs", async () => {
  const { exitCode, stderr } = await run(["drill", "--backend", "lokki"], { cwd });
  expect(exitCode).toBe(2);
  expect(stderr).toContain("--backend lokki: there is no such backend");
});

test("without a server to restore into, a drill is owed, and says what is missing", async () => {
  // No valkey-server or redis-server on this PATH.
  const { exitCode, stderr, stdout } = await run(["drill", "--backend", "cache"], {
    cwd,
    env: { PATH: "/nowhere" },
  });
  expect(exitCode, stdout).toBe(3);
  expect(stderr).toContain("name a server below drill.cache, or install valkey-server or redis-server");
});

test("a damaged snapshot fails its drill, and the damage is named", async () => {
  const [name = ""] = readdirSync(join(cwd, "backups")).filter((one) => /^\d{8}-\d{6}$/.test(one));
  const file = join(cwd, "backups", name, "logs.json");
  const before = readFileSync(file);
  const damaged = Buffer.from(before);
  damaged[1000] = (damaged[1000] ?? 0) ^ 1;
  writeFileSync(file, damaged);
  const { exitCode, stderr, stdout } = await run(["drill", "--backend", "loki"], { cwd });
  writeFileSync(file, before);
  expect(exitCode, stdout).toBe(5);
  expect(stderr).toMatch(/different.*loki: \S*logs\.json, block \d+ of the index, is damaged/);
  expect(stdout).toContain("something does not come back as it was saved");
  expect(existsSync(file)).toBe(true);
});

test("of a chain whose snapshots overlap, what both hold comes back once, and that is no difference", async () => {
  const again = await run(["export", "--plugin", "grafana", "-t", "20h"], { cwd });
  expect(again.exitCode, again.stderr).toBe(0);
  const { backends } = await drilled("--backend", "grafana");
  expect(backends.map(({ verdict }) => verdict)).toEqual(["partial"]);
});
