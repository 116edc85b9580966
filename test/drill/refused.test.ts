/** A drill never writes to what may be the stack's own: by its address, by its tenant, by what it holds, and through whatever stands in front. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { type Lab, startLab } from "../lab/lab.ts";
import { createLoki } from "../lab/loki/index.ts";
import { type Finished, run } from "../support/binary.ts";
import { startFront } from "../support/front.ts";
import { agreed, labProject } from "../support/project.ts";

setDefaultTimeout(120_000);

let lab: Lab;
let empty: Lab;
let cwd: string;
let plain: string;

beforeAll(async () => {
  lab = await startLab();
  empty = await startLab({ empty: true });
  cwd = labProject(lab, { only: ["loki", "tempo"] });
  plain = readFileSync(join(cwd, "contextcore.yaml"), "utf8");
  const exported = await run(["export"], { cwd });
  expect(exported.exitCode, exported.stderr).toBe(0);
});
afterAll(async () => {
  await Promise.all([lab.stop(), empty.stop()]);
});

const counted = (server: Lab): number =>
  server.faces.loki.store().streams.reduce((sum, { entries }) => sum + entries.length, 0);

/** A drill with these lines below `drill`. Whatever becomes of it, production holds what it held. */
async function drilledInto(lines: string, backend = "loki", config = plain): Promise<Finished> {
  writeFileSync(join(cwd, "contextcore.yaml"), `${config}drill:\n  ${lines}\n`);
  agreed(cwd);
  const before = counted(lab);
  const done = await run(["drill", "--backend", backend], { cwd });
  expect(counted(lab)).toBe(before);
  return done;
}

async function expectRefused(lines: string, why: string, backend = "loki", config = plain): Promise<void> {
  const { exitCode, stderr, stdout } = await drilledInto(lines, backend, config);
  expect(stderr + stdout).toContain(why);
  expect(exitCode).toBe(4);
}

const portOf = (url: string): string => new URL(url).port;

test.each([
  ["the same URL", () => lab.urls.loki],
  ["with slashes at its end", () => `${lab.urls.loki}///`],
  ["localhost", () => `http://localhost:${portOf(lab.urls.loki)}`],
  ["IPv6", () => `http://[::1]:${portOf(lab.urls.loki)}`],
  ["another address of loopback", () => `http://127.0.0.99:${portOf(lab.urls.loki)}`],
  ["with credentials", () => `http://me:secret@127.0.0.1:${portOf(lab.urls.loki)}`],
  ["this machine's name", () => `http://${hostname()}:${portOf(lab.urls.loki)}`],
  ["that of another backend", () => lab.urls.tempo],
  ["that of a backend which is not enabled", () => lab.urls.grafana],
] as const)("the address of a backend: %s", async (_, url) => {
  await expectRefused(`loki: { url: "${url()}" }`, "and that is the server of");
});

test("a drill that is refused before it began has a report, and metrics no longer call it a success", async () => {
  const listed = async () => JSON.parse((await run(["drill", "list", "--json"], { cwd })).stdout);
  const { total } = await listed();
  await expectRefused(`loki: { url: "${lab.urls.loki}" }`, "and that is the server of");
  const after = await listed();
  expect(after.total).toBe(total + 1);
  expect(after.drills[0]).toMatchObject({
    verdict: "refused",
    backends: [{ backend: "loki", verdict: "refused" }],
  });
  const shown = JSON.parse((await run(["drill", "show", "--json"], { cwd })).stdout);
  expect(shown.backends[0].reasons).toEqual([expect.stringContaining("and that is the server of loki")]);
  expect((await run(["metrics"], { cwd })).stdout).toContain('contextcore_drill_success{backend="loki"} 0\n');
});

test("a default port is the port that it stands for", async () => {
  const config = plain.replace(lab.urls.grafana, "http://localhost");
  await expectRefused(
    `loki: { url: "http://127.0.0.1:80/" }`,
    "and that is the server of grafana",
    "loki",
    config,
  );
});

test("what is written to is an address, too, even where it only follows from another", async () => {
  await expectRefused(
    `tempo: { url: "${empty.urls.tempo}" }`,
    "drill.tempo leads to http://127.0.0.1:4318, and that is the server of tempo",
    "tempo",
  );
});

test("the tenant of a backend", async () => {
  const config = plain.replace(`url: "${lab.urls.loki}"`, `url: "${lab.urls.loki}", tenant: shop`);
  await expectRefused(
    `loki: { url: "${empty.urls.loki}", tenant: shop }`,
    "drill.loki has the tenant shop, which is that of loki",
    "loki",
    config,
  );
});

test("the path of a backend's data", async () => {
  const config = plain.replace("backends:\n", "backends:\n  conf: { plugin: files, path: conf }\n");
  writeFileSync(join(cwd, "contextcore.yaml"), config);
  await Bun.write(join(cwd, "conf", "a.txt"), "a");
  await run(["export", "--plugin", "conf"], { cwd });
  await expectRefused(`conf: { path: conf/sub }`, "drill.conf is where conf has its data", "conf", config);
});

test("a server that holds data", async () => {
  const full = await startLab();
  await expectRefused(`loki: { url: "${full.urls.loki}" }`, "drill.loki holds data already");
  await full.stop();
});

test("the stack's own server behind a proxy: a tenant of the drill's is empty there, and the stack's own is not", async () => {
  await using server = startTenants();
  const pushed = await fetch(`${server.url}/loki/api/v1/push`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Scope-OrgID": "shop" },
    body: JSON.stringify({
      streams: [{ stream: { app: "shop" }, values: [[`${Date.now()}000000`, "hello"]] }],
    }),
  });
  expect(pushed.status).toBe(204);
  await using front = startFront(server.url);
  const config = plain.replace(`url: "${lab.urls.loki}"`, `url: "${server.url}", tenant: shop`);
  await expectRefused(
    `loki: { url: "${front.url}" }`,
    "drill.loki holds data of the tenant shop",
    "loki",
    config,
  );
});

/** A Loki that keeps tenants apart. */
function startTenants() {
  const loki = createLoki({ now: () => BigInt(Date.now()) * 1_000_000n, authEnabled: true });
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: loki.handle });
  return { loki, url: server.url.origin, [Symbol.asyncDispose]: () => server.stop(true) };
}

test("nothing is written behind a redirect", async () => {
  await using front = startFront(lab.urls.loki, (request) =>
    Response.redirect(`${lab.urls.loki}${new URL(request.url).pathname}`, 307),
  );
  const { exitCode, stderr } = await drilledInto(`loki: { url: "${front.url}" }`);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("It redirects to");
});

test("an empty server is written to under a tenant of the drill's own, so that the next drill finds it empty", async () => {
  await using server = startTenants();
  for (const _ of [1, 2]) {
    const { exitCode, stdout, stderr } = await drilledInto(`loki: { url: "${server.url}" }`);
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(new RegExp(`loki +proved +[\\d,]+ entries +into ${server.url}`));
  }
});

test("a server without tenants is told so, and has to be made anew before the next drill", async () => {
  const first = await drilledInto(`loki: { url: "${empty.urls.loki}" }`);
  expect(first.exitCode, first.stderr).toBe(0);
  expect(first.stdout + first.stderr).toContain("This Loki has no tenants");
  await expectRefused(`loki: { url: "${empty.urls.loki}" }`, "with a command that `before` names");
});

test("the command that makes a target anew is agreed to, judged, and run first", async () => {
  await using server = startTenants();
  const target = `url: "${server.url}"`;
  const made = join(cwd, "made");
  const done = await drilledInto(`loki: { ${target}, before: [touch, made] }`);
  expect(done.exitCode, done.stderr).toBe(0);
  expect(existsSync(made)).toBe(true);
  writeFileSync(
    join(cwd, "contextcore.yaml"),
    `${plain}drill:\n  loki: { ${target}, before: [touch, other] }\n`,
  );
  const unasked = await run(["drill", "--backend", "loki"], { cwd });
  expect(unasked.exitCode).toBe(4);
  expect(unasked.stderr).toMatch(/drills with +touch other/);
  expect(existsSync(join(cwd, "other"))).toBe(false);
  await expectRefused(
    `loki: { ${target}, before: [rm, -rf, /] }`,
    "the command of drill.loki.before may not run",
  );
  const failed = await drilledInto(`loki: { ${target}, before: ["false"] }`);
  expect(failed.exitCode).toBe(1);
  expect(failed.stderr).toContain("drill.loki.before: it ended with exit code 1");
});

test("a target that is nobody's, or has an option that its plugin does not know, is a mistake, and nothing runs", async () => {
  const stray = await drilledInto(`lokki: { url: "${empty.urls.loki}" }`);
  expect(stray.exitCode).toBe(2);
  expect(stray.stderr).toContain("drill.lokki: there is no such backend");
  expect(stray.stderr).toContain("did you mean loki?");
  const wrong = await drilledInto(`loki: { adress: "${empty.urls.loki}" }`);
  expect(wrong.exitCode).toBe(2);
  expect(wrong.stderr).toContain("drill.loki.adress");
  const checked = await run(["config", "check"], { cwd });
  expect(checked.exitCode).toBe(2);
  expect(checked.stdout + checked.stderr).toContain("drill.loki.adress");
});

test("where a drill writes to beyond this machine, and what it tells there, is agreed to first", async () => {
  const target = `loki: { url: "http://drill.example.com:3100", username: me, password: "\${DRILL_PASSWORD}" }`;
  writeFileSync(join(cwd, "contextcore.yaml"), `${plain}drill:\n  ${target}\n`);
  const { exitCode, stderr } = await run(["drill", "--backend", "loki"], {
    cwd,
    env: { DRILL_PASSWORD: "x" },
  });
  expect(exitCode).toBe(4);
  expect(stderr).toMatch(/sends to +http:\/\/drill\.example\.com:3100 .*drill\.loki\.url/);
  expect(stderr).toMatch(
    /passes on +\$\{DRILL_PASSWORD\} to http:\/\/drill\.example\.com:3100 +drill\.loki\.password/,
  );
});
