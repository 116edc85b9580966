/** When something that the service stands on gives way: a place, the disk, the trail; and when too many want something at once. */
import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { smallSnapshot } from "../snapshot/small.ts";
import { binary, run } from "../support/binary.ts";
import { agreed } from "../support/project.ts";
import { quietProject, type StartedService, startService, tokenFor } from "../support/service.ts";

setDefaultTimeout(60_000);

const json = async (response: Response) => (await response.json()) as Record<string, unknown>;

test("ready says which place cannot be reached, and to strangers no more than that", async () => {
  const keys = "accessKeyId: a, secretAccessKey: b";
  const nas = `nas: { plugin: s3, url: "http://127.0.0.1:1", bucket: shop, ${keys} }`;
  const stores = `stores:\n  usb: { plugin: directory, path: ./usb }\n  ${nas}\n`;
  const cwd = agreed(quietProject(`${stores}service:\n  trusted_proxy: [127.0.0.1]\n`));
  const service = await startService(cwd);
  const ready = await service.ask("/api/ready");
  expect([ready.status, await json(ready)]).toMatchObject([
    503,
    {
      ready: false,
      checks: [
        { subject: "configuration", ready: true },
        { subject: "trail", ready: true },
        { subject: "database", ready: true },
        { subject: "usb", ready: true },
        { subject: "nas", ready: false, message: expect.any(String) },
      ],
    },
  ]);
  const far = { headers: { "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https" } };
  const { checks } = (await (await fetch(`${service.url}/api/ready`, far)).json()) as { checks: object[] };
  expect(checks.at(-1)).toEqual({ subject: "nas", ready: false });
  expect((await service.ask("/api/health")).status).toBe(200);
  await service.stop();
});

test("a configuration that no longer loads is not ready, and says why; the service goes on", async () => {
  const service = await startService(quietProject());
  writeFileSync(join(service.cwd, "contextcore.yaml"), "name: [\n");
  const ready = await service.ask("/api/ready");
  expect([ready.status, await json(ready)]).toMatchObject([
    503,
    { checks: [{ subject: "configuration", ready: false }, {}, {}] },
  ]);
  expect((await service.ask("/api/v1/session")).status).toBe(200);
  await service.stop();
});

test("a thousand streams: as many as there may be are open, the others are told to wait, and it ends in time", async () => {
  const service = await startService(quietProject());
  const started = await service.ask("/api/v1/tasks", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ kind: "inventory", plan: true }),
  });
  const { id } = (await started.json()) as { id: string };
  const left = new AbortController();
  const all = await Promise.all(
    Array.from({ length: 1_000 }, () => service.ask(`/api/v1/tasks/${id}/events`, { signal: left.signal })),
  );
  const statuses = Map.groupBy(all, ({ status }) => status);
  expect([...statuses.keys()].sort()).toEqual([200, 429]);
  expect(statuses.get(429)?.[0]?.headers.get("retry-after")).toBe("2");
  expect(statuses.get(200)?.length).toBeLessThanOrEqual(200);
  expect((await service.ask("/api/health")).status).toBe(200);
  const memory = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${service.pid}/status`, "utf8"));
  expect(Number(memory?.[1])).toBeLessThan(250_000);
  left.abort();
  const began = performance.now();
  expect(await service.stop()).toBe(0);
  expect(performance.now() - began).toBeLessThan(10_000);
});

test("under TLS the cookie is for this host alone, and the scheme is told", async () => {
  const cwd = quietProject("service:\n  tls: { cert: cert.pem, key: key.pem }\n");
  const made = Bun.spawnSync(
    [
      "openssl",
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-days",
      "2",
      "-subj",
      "/CN=localhost",
      "-addext",
      "subjectAltName=IP:127.0.0.1",
      "-keyout",
      "key.pem",
      "-out",
      "cert.pem",
    ],
    { cwd, stderr: "pipe" },
  );
  expect([made.exitCode, String(made.stderr)]).toEqual([0, expect.any(String)]);
  const service = await startService(cwd);
  expect(service.url).toStartWith("https://127.0.0.1:");
  const begun = await fetch(`${service.url}/api/v1/session`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Origin: service.url },
    body: JSON.stringify({ token: service.admin }),
    tls: { ca: readFileSync(join(cwd, "cert.pem"), "utf8") },
  });
  expect([begun.status, begun.headers.get("set-cookie")]).toEqual([
    201,
    expect.stringMatching(
      /^__Host-contextcore=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200; Secure$/,
    ),
  ]);
  // A cookie without the prefix may come from whoever holds another name of the domain.
  const [value = ""] = begun.headers.get("set-cookie")?.split(";") ?? [];
  const byCookie = async (Cookie: string) =>
    (
      await fetch(`${service.url}/api/v1/session`, {
        headers: { Cookie },
        tls: { ca: readFileSync(join(cwd, "cert.pem"), "utf8") },
      })
    ).status;
  expect(await byCookie(value)).toBe(200);
  expect(await byCookie(value.replace("__Host-", ""))).toBe(401);
  await service.stop();
  const gone = quietProject("service:\n  tls: { cert: cert.pem, key: key.pem }\n");
  const refused = await run(["serve", "--log-format", "text"], { cwd: gone });
  expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining("cannot read")]);
});

test("a trail that cannot be written: health says so before anything fails, what deletes is refused, and once it can be all is well", async () => {
  const service = await startService(quietProject('permissions: { api: ["*", prune] }\n'));
  const inside = join(service.cwd, ".contextcore");
  const problems = async () => (await json(await service.ask("/api/health"))).problems;
  await tokenFor(service.cwd, "vera", "viewer");
  expect(await problems()).toEqual([]);
  for (const name of ["audit.jsonl", "audit.log", "audit.lock"]) {
    renameSync(join(inside, name), join(inside, "aside"));
    mkdirSync(join(inside, name));
    expect([name, await problems()]).toEqual([name, ["the trail cannot be used"]]);
    const { checks } = (await json(await service.ask("/api/ready"))) as { checks: { subject: string }[] };
    expect(checks.find(({ subject }) => subject === "trail")).toMatchObject({
      message: expect.stringContaining(join(inside, name)),
    });
    rmdirSync(join(inside, name));
    renameSync(join(inside, "aside"), join(inside, name));
    expect(await problems()).toEqual([]);
  }
  await service.stop();
});

const OWN_MOUNTS = ["unshare", ...(process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"]), "--mount"];

/** Starts the service where its own directory is a small file system of its own. */
async function startOnSmallDisk(cwd: string): Promise<{ service: StartedService; fill: () => void }> {
  const script = `mkdir -p .contextcore && mount -t tmpfs -o size=4m,mode=0700 none .contextcore && cp -a kept/. .contextcore/ 2>/dev/null; exec "$0" "$@"`;
  const service = await startService(cwd, { around: [...OWN_MOUNTS, "sh", "-c", script, binary] });
  const inside = `/proc/${service.pid}/root${join(cwd, ".contextcore")}`;
  return { service, fill: () => void Bun.spawnSync(["sh", "-c", `cat /dev/zero > ${inside}/filler`]) };
}

test("a full disk: health says so, what must be recorded is refused, and reading goes on", async () => {
  const { service, fill } = await startOnSmallDisk(quietProject());
  fill();
  const health = await service.ask("/api/health");
  expect(await json(health)).toMatchObject({ status: "degraded", problems: ["the trail cannot be used"] });
  const exported = await service.ask("/api/export/audit/csv");
  expect([exported.status, await json(exported)]).toMatchObject([503, { title: "Service Unavailable" }]);
  expect((await service.ask("/api/v1/session")).status).toBe(200);
  expect(await service.stop()).toBe(0);
});

test("a plan that was agreed to when the disk was full deletes nothing, and the answer and health say so", async () => {
  const cwd = quietProject('permissions: { api: ["*", prune] }\n');
  mkdirSync(join(cwd, "backups"));
  for (let made = 0; made < 2; made += 1) await smallSnapshot(join(cwd, "backups"));
  const { service, fill } = await startOnSmallDisk(cwd);
  const post = (path: string, body: object) =>
    service.ask(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  const params = { "keep-last": 1, "allow-gaps": true };
  const { id } = await json(await post("/api/v1/tasks", { kind: "prune", params }));
  const task = async () => json(await service.ask(`/api/v1/tasks/${id}`));
  let known = await task();
  for (; known.state !== "awaiting"; known = await task()) await Bun.sleep(20);
  fill();
  const { sha256 } = known.plan as { sha256: string };
  expect((await post(`/api/v1/tasks/${id}/agree`, { sha256 })).status).toBe(202);
  await (await service.ask(`/api/v1/tasks/${id}/events`)).text();
  expect(await json(await service.ask("/api/health"))).toMatchObject({
    status: "degraded",
    problems: expect.arrayContaining(["the trail cannot be used"]),
  });
  expect((await post("/api/v1/tasks", { kind: "prune", params })).status).toBe(503);
  expect(await service.stop()).toBe(0);
  expect(service.log()).toContain("prune ended: refused");
  expect(readdirSync(join(cwd, "backups"))).toHaveLength(2);
});

test("a database that cannot be written begins nothing, and health says so until it can", async () => {
  const service = await startService(quietProject());
  const start = () =>
    service.ask("/api/v1/tasks", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ kind: "inventory" }),
    });
  const problems = async () => (await json(await service.ask("/api/health"))).problems;
  const other = new Database(join(service.cwd, ".contextcore/service.db"));
  other.run("BEGIN IMMEDIATE");
  const refused = await start();
  expect([refused.status, await json(refused)]).toMatchObject([
    503,
    { detail: expect.stringContaining("cannot be written down") },
  ]);
  expect(await problems()).toEqual(["the database cannot be used"]);
  other.run("ROLLBACK");
  other.close();
  expect((await start()).status).toBe(202);
  expect(await problems()).toEqual([]);
  await service.stop();
});
