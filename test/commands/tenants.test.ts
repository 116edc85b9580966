/** Tenants of one server, each a backend of its own: named in the configuration, or as many as the server lists. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createLoki } from "../lab/loki/index.ts";
import { createMimir } from "../lab/mimir/index.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

setDefaultTimeout(120_000); // two cores are shared with other test files

const now = (): bigint => BigInt(Date.now()) * 1_000_000n;
const HOUR_MS = 3_600_000;

interface Served {
  readonly url: string;
  stop(): Promise<void>;
}

/** Serves a face of the lab; what is asked is added to `asked`. */
function serve(handle: (request: Request) => Promise<Response> | Response, asked: string[] = []): Served {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      asked.push(`${new URL(request.url).pathname} ${request.headers.get("x-scope-orgid") ?? ""}`);
      return handle(request);
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, stop: () => server.stop(true) };
}

const stops: (() => Promise<void>)[] = [];
afterAll(() => Promise.all(stops.map((stop) => stop())));
const kept = (served: Served): string => {
  stops.push(served.stop);
  return served.url;
};

const backendsOff = (...on: string[]): string =>
  ["tempo", "mimir", "loki", "grafana"]
    .filter((name) => !on.includes(name))
    .map((name) => `  ${name}: { enabled: false }\n`)
    .join("");

const project = (backends: string, on: string): string =>
  temporaryDirectory({ "contextcore.yaml": `name: shop\nbackends:\n${backendsOff(on)}${backends}` });

async function json(cwd: string, args: readonly string[], env: Record<string, string> = {}) {
  const { stdout, stderr, exitCode } = await run([...args, "--json"], { cwd, env });
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}: ${stderr}`);
  return JSON.parse(stdout);
}

const names = (all: readonly { backend: string }[]): string[] => all.map(({ backend }) => backend);

describe("named in the configuration", () => {
  const saved = createLoki({ now, authEnabled: true, limits: { reject_old_samples: false } });
  const empty = createLoki({ now, authEnabled: true, limits: { reject_old_samples: false } });
  const [from, into] = [saved, empty].map((face) => kept(serve((request) => face.handle(request)))) as [
    string,
    string,
  ];
  const loki = (url: string) => `  loki: { url: "${url}", tenants: [team-a, Team.B] }\n`;
  const cwd = project(loki(from), "loki");
  let path = "";

  beforeAll(async () => {
    const at = now() - BigInt(HOUR_MS) * 1_000_000n;
    for (const [tenant, lines] of [
      ["team-a", 3],
      ["Team.B", 5],
      ["other", 7],
    ] as const) {
      const values = Array.from({ length: lines }, (_, index) => [
        `${at + BigInt(index)}`,
        `${tenant} ${index}`,
      ]);
      const body = JSON.stringify({ streams: [{ stream: { app: "shop" }, values }] });
      const headers = { "Content-Type": "application/json", "X-Scope-OrgID": tenant };
      const { status } = await fetch(`${from}/loki/api/v1/push`, { method: "POST", headers, body });
      expect(status).toBe(204);
    }
    const result = await json(cwd, ["export", "--all"]);
    expect(result.status).toBe("complete");
    path = result.snapshot.path;
    expect(names(result.backends)).toEqual(["loki@team-a", "loki@~54eam.~42"]);
    expect(result.backends.map(({ counts }: { counts: { entries: number } }) => counts.entries)).toEqual([
      3, 5,
    ]);
  });

  test("each has a name that no other tenant can have, and its records alone", async () => {
    const { backends } = await json(cwd, ["inventory"]);
    expect(backends.map(({ tenant }: { tenant: string }) => tenant)).toEqual(["team-a", "Team.B"]);
    expect(await Bun.file(join(path, "logs.json")).text()).toContain("team-a 0");
    expect(await Bun.file(join(path, "loki@~54eam.~42", "logs.json")).text()).toContain("Team.B 4");
    const manifest = await Bun.file(join(path, "manifest.json")).json();
    expect(manifest.plugins).toMatchObject([
      { name: "loki@team-a", plugin: "loki", tenant: "team-a" },
      { name: "loki@~54eam.~42", plugin: "loki", tenant: "Team.B" },
    ]);
  });

  test("is verified, and put back into the tenant of the same name", async () => {
    expect((await run(["verify", path, "--live"], { cwd })).exitCode).toBe(0);
    const there = project(loki(into), "loki");
    expect((await json(there, ["restore", path, "--yes"])).status).toBe("complete");
    const again = await json(there, ["export", "--all"]);
    const diff = await run(["snapshots", "diff", path, again.snapshot.path, "--json"], { cwd });
    expect(JSON.parse(diff.stdout).backends).toMatchObject([{ equal: true }, { equal: true }]);
    expect(diff.exitCode).toBe(0);
  });

  test("--plugin and --match name one of them", async () => {
    const args = ["export", "--all", "--plugin", "loki@team-a", "--match", 'loki@team-a={app="shop"}'];
    expect(names((await json(cwd, args)).backends)).toEqual(["loki@team-a"]);
  });

  test("the environment may name them instead", async () => {
    const env = { CONTEXTCORE_LOKI_TENANTS: "other, team-a" };
    expect(names((await json(cwd, ["inventory"], env)).backends)).toEqual(["loki@other", "loki@team-a"]);
  });

  test("config show has the instance once, as it is written", async () => {
    const { settings } = await json(cwd, ["config", "show"]);
    const tenants = settings.filter(({ key }: { key: string }) => key === "backends.loki.tenants");
    expect(tenants).toMatchObject([{ value: ["team-a", "Team.B"] }]);
  });
});

describe("as many as the server lists", () => {
  const mimir = createMimir({ now, multitenant: true });
  const asked: string[] = [];
  const url = kept(serve((request) => mimir.handle(request), asked));
  const cwd = project(`  mimir: { url: "${url}", tenants: "*" }\n`, "mimir");

  beforeAll(() => {
    for (const [tenant, value] of [
      ["blue", 1],
      ["anna", 2],
    ] as const)
      mimir.put(
        [
          {
            labels: [["__name__", "up"]],
            points: [{ time: Date.now() - HOUR_MS, bits: BigInt(value) }],
          },
        ],
        tenant,
      );
  });

  test("each is exported as a backend of its own", async () => {
    const { backends, snapshot, status } = await json(cwd, ["export", "--all"]);
    expect({ status, names: names(backends) }).toEqual({
      status: "complete",
      names: ["mimir@anna", "mimir@blue"],
    });
    expect(existsSync(join(snapshot.path, "mimir@blue", "metrics.json"))).toBe(true);
    const convert = ["snapshots", "convert", snapshot.path, "--to", "openmetrics", "-o", "metrics.om"];
    const asked = await run(convert, { cwd });
    expect(asked.stderr).toContain("whose metrics?\nhint: --plugin with one of mimir@anna, mimir@blue");
    expect(asked.exitCode).toBe(2);
    const { stdout } = await run([...convert, "--plugin", "mimir@blue"], { cwd });
    expect(stdout).toContain("metrics.om: 1 sample");
  });

  test("config check and config show ask no server", async () => {
    asked.length = 0;
    expect((await run(["config", "check"], { cwd })).exitCode).toBe(0);
    await json(cwd, ["config", "show"]);
    expect(asked).toEqual([]);
  });

  test("a server that does not answer is one backend that does not, and says why", async () => {
    const gone = project('  mimir: { url: "http://127.0.0.1:9", tenants: "*" }\n', "mimir");
    const { stdout, stderr, exitCode } = await run(["inventory"], { cwd: gone });
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/^mimir +/);
    expect(stderr).toContain("127.0.0.1:9");
  });

  test("a server that lists none says what to do", async () => {
    const closed = kept(serve(() => new Response("no", { status: 404 })));
    const cwd = project(`  mimir: { url: "${closed}", tenants: "*" }\n`, "mimir");
    const { stderr, exitCode } = await run(["inventory"], { cwd });
    expect(exitCode).toBe(3);
    expect(stderr).toContain("does not list its tenants");
    expect(stderr).toContain("Name them in `tenants`");
  });
});
