/** The service from outside: how it starts and ends, whom it lets in, and what it refuses. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { agreed } from "../support/project.ts";
import { openSession } from "../support/pseudo-terminal.ts";
import { eventsOf, quietProject, startService } from "../support/service.ts";

setDefaultTimeout(30_000);

async function addToken(cwd: string, name: string, role: string, ...more: string[]): Promise<string> {
  const { stdout, exitCode, stderr } = await run(["serve", "token", "add", name, "--role", role, ...more], {
    cwd,
  });
  expect([stderr.split("\n")[0] ?? "", exitCode]).toEqual([expect.stringContaining(name), 0]);
  return stdout.trim();
}

const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });

test("the first start leaves the admin's token in a file of its owner, and in no log", async () => {
  const service = await startService(quietProject());
  const path = join(service.cwd, ".contextcore/admin-token");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(service.admin).toMatch(/^cct_[\w-]{43}$/);
  const who = await service.ask("/api/v1/session");
  expect([who.status, await who.json()]).toEqual([
    200,
    expect.objectContaining({ name: "admin", role: "admin" }),
  ]);
  expect(await service.stop()).toBe(0);
  expect(service.log()).not.toContain(service.admin);
  for (const line of service.log().trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("level");
  const database = readFileSync(join(service.cwd, ".contextcore/service.db"));
  expect(database.includes(service.admin)).toBe(false);
  // The next start makes no other.
  rmSync(path);
  const again = Bun.spawn(
    [
      ...["sh", "-c", 'exec "$0" serve --listen 127.0.0.1:0'],
      join(import.meta.dir, "../../dist/contextcore"),
    ],
    {
      cwd: service.cwd,
      env: cleanEnv(service.cwd),
      stderr: "pipe",
    },
  );
  for await (const piece of again.stderr) if (new TextDecoder().decode(piece).includes("serves")) break;
  again.kill();
  expect(await again.exited).toBe(0);
  expect(existsSync(path)).toBe(false);
});

test("on a terminal the token is shown, and no file is written", async () => {
  const cwd = quietProject();
  const session = openSession(["serve", "--listen", "127.0.0.1:0"], { cwd });
  await session.waitFor("the admin's token, shown only now: cct_");
  await session.waitFor("contextcore serves shop at http://127.0.0.1:");
  session.kill("SIGTERM");
  expect(await session.exited).toBe(0);
  expect(existsSync(join(cwd, ".contextcore/admin-token"))).toBe(false);
});

test("tokens: shown once, listed without their secret, counted no more once they are revoked or over", async () => {
  const service = await startService(quietProject());
  const viewer = await addToken(service.cwd, "grafana", "viewer", "--expires", "1d");
  expect((await service.ask("/api/v1/session", bearer(viewer))).status).toBe(200);
  const short = await addToken(service.cwd, "brief", "viewer", "--expires", "1ms");
  expect((await service.ask("/api/v1/session", bearer(short))).status).toBe(401);
  const twice = await run(["serve", "token", "add", "grafana", "--role", "admin"], { cwd: service.cwd });
  expect([twice.exitCode, twice.stderr]).toEqual([
    2,
    expect.stringContaining("there is a token grafana already"),
  ]);
  const listed = await run(["serve", "token", "list", "--json"], { cwd: service.cwd });
  expect(listed.stdout).not.toContain(viewer);
  expect(JSON.parse(listed.stdout).tokens).toMatchObject([
    { name: "admin", role: "admin", state: "valid" },
    { name: "brief", state: "expired" },
    { name: "grafana", role: "viewer", state: "valid", used: expect.any(String) },
  ]);
  const revoked = await run(["serve", "token", "revoke", "grafana"], { cwd: service.cwd });
  expect(revoked.exitCode).toBe(0);
  const refused = await service.ask("/api/v1/session", bearer(viewer));
  expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([
    401,
    'Bearer realm="contextcore"',
  ]);
  await service.stop();
  expect(eventsOf(service.cwd).map(({ operation, details: { name } }) => [operation, name])).toEqual([
    ["token_add", "grafana"],
    ["token_add", "brief"],
    ["access", undefined],
    ["token_revoke", "grafana"],
    ["access", undefined],
  ]);
});

test.each(["anonymous", "Root", "nobody", "uid-1000", "schedule"])(
  "no token is called %s, which is somebody else in the trail",
  async (name) => {
    const cwd = quietProject();
    const refused = await run(["serve", "token", "add", name, "--role", "viewer"], { cwd });
    expect([refused.exitCode, refused.stdout, refused.stderr]).toEqual([
      2,
      "",
      expect.stringContaining(`${name} cannot be a token's name: in the trail it stands for somebody else`),
    ]);
  },
);

test("wrong tokens have to wait, right ones never", async () => {
  const service = await startService(quietProject());
  const statuses = [];
  for (let n = 0; n < 12; n += 1)
    statuses.push((await service.ask("/api/v1/session", bearer("cct_wrong"))).status);
  expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
  const waits = await service.ask("/api/v1/session", bearer("cct_wrong"));
  expect(Number(waits.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await service.ask("/api/v1/session")).status).toBe(200);
  await service.stop();
});

test("a session begins with a token, in a cookie that no script and no other page gets, and ends with it", async () => {
  const service = await startService(quietProject());
  const own = { Origin: service.url };
  const signIn = (headers: Record<string, string>) =>
    fetch(`${service.url}/api/v1/session`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify({ token: service.admin }),
    });
  expect((await signIn({ Origin: "http://evil.example" })).status).toBe(403);
  const begun = await signIn(own);
  const cookie = begun.headers.get("set-cookie") ?? "";
  expect([begun.status, cookie]).toEqual([
    201,
    expect.stringMatching(/^contextcore=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/),
  ]);
  const [Cookie = ""] = cookie.split(";");
  const bySession = (init: RequestInit) =>
    fetch(`${service.url}/api/v1/session`, { ...init, headers: { Cookie, ...init.headers } });
  expect((await bySession({})).status).toBe(200);
  // A browser adds the cookie to whatever a page sends, so it must say which page.
  expect((await bySession({ method: "DELETE" })).status).toBe(403);
  expect((await bySession({ method: "DELETE", headers: { Origin: "null" } })).status).toBe(403);
  expect((await bySession({ method: "DELETE", headers: own })).status).toBe(204);
  expect((await bySession({})).status).toBe(401);
  const again = (await signIn(own)).headers.get("set-cookie")?.split(";")[0] ?? "";
  await run(["serve", "token", "revoke", "admin"], { cwd: service.cwd });
  expect((await fetch(`${service.url}/api/v1/session`, { headers: { Cookie: again } })).status).toBe(401);
  await service.stop();
});

test("one service a project; a port that is taken is told", async () => {
  const service = await startService(quietProject());
  const second = await run(["serve", "--listen", "127.0.0.1:0"], { cwd: service.cwd });
  expect([second.exitCode, second.stderr]).toEqual([4, expect.stringContaining("another service serves")]);
  const { host } = new URL(service.url);
  const taken = await run(["serve", "--listen", host, "--log-format", "text"], { cwd: quietProject() });
  expect([taken.exitCode, taken.stderr]).toEqual([1, expect.stringContaining(`error: ${host} is taken`)]);
  await service.stop();
});

test("an address that others reach needs TLS or a proxy, and to be agreed to", async () => {
  const bare = await run(["serve", "--listen", "0.0.0.0:0"], { cwd: quietProject() });
  expect([bare.exitCode, bare.stderr]).toEqual([
    4,
    expect.stringContaining("tokens would be sent unencrypted"),
  ]);
  const cwd = quietProject("service:\n  listen: 0.0.0.0:0\n  trusted_proxy: [127.0.0.1]\n");
  const foreign = await run(["serve"], { cwd });
  expect([foreign.exitCode, foreign.stderr]).toEqual([4, expect.stringContaining("listens on    0.0.0.0:0")]);
  const service = await startService(agreed(cwd), { listen: "0.0.0.0:0" });
  const via = await fetch(`${service.url.replace("0.0.0.0", "127.0.0.1")}/api/v1/session`, {
    method: "POST",
    headers: {
      "X-Forwarded-For": "203.0.113.9",
      "X-Forwarded-Proto": "https",
      "Content-Type": "application/json",
    },
    body: JSON.stringify({ token: service.admin }),
  });
  expect(via.headers.get("set-cookie")).toMatch(/^__Host-contextcore=.*; Secure$/);
  expect(via.headers.get("strict-transport-security")).toBe("max-age=31536000");
  await service.stop();
  expect(eventsOf(cwd).at(-1)).toMatchObject({
    operation: "sign_in",
    user: "admin",
    details: { client: "203.0.113.9" },
  });
});

test("production is refused with an example's secret, or a configuration that others read", async () => {
  const cwd = quietProject("stores:\n  off: { plugin: s3, bucket: b, secretKey: changeme }\n");
  const refused = await run(["serve", "--listen", "127.0.0.1:0"], {
    cwd,
    env: { ENVIRONMENT: "production" },
  });
  expect([refused.exitCode, refused.stderr]).toEqual([
    4,
    expect.stringMatching(
      /stores\.off\.secretKey is a weak or example secret and others may read .*contextcore\.yaml/,
    ),
  ]);
});

test("idle, it ends at once", async () => {
  const service = await startService(quietProject());
  await service.ask("/api/health");
  const began = performance.now();
  expect(await service.stop("SIGINT")).toBe(0);
  expect(performance.now() - began).toBeLessThan(1_000);
});

test("it is ready from its first start on, also where this user has never used the program", async () => {
  const HOME = temporaryDirectory();
  const service = await startService(quietProject(), { env: { HOME } });
  const ready = await service.ask("/api/ready");
  expect([ready.status, await ready.json()]).toEqual([200, expect.objectContaining({ ready: true })]);
  expect(await (await fetch(`${service.url}/api/health`)).json()).toMatchObject({
    status: "ok",
    problems: [],
  });
});
