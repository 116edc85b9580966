/** What the trail hears of callers: each refusal, and each session from its beginning to its end. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../support/binary.ts";
import { eventsOf, quietProject, type StartedService, startService, tokenFor } from "../support/service.ts";

setDefaultTimeout(60_000);

const JSON_BODY = { "Content-Type": "application/json" };

const startTask = (service: StartedService, body: object) =>
  service.ask("/api/v1/tasks", { method: "POST", headers: JSON_BODY, body: JSON.stringify(body) });

async function until<Value>(look: () => Value | undefined): Promise<Value> {
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    await Bun.sleep(50);
  }
}

test("what cannot be done now, and what is too much, are refusals as well", async () => {
  const service = await startService(quietProject());
  const started = await startTask(service, { kind: "inventory", plan: true });
  const { id } = (await started.json()) as { id: string };
  const agreed = await service.ask(`/api/v1/tasks/${id}/agree`, {
    method: "POST",
    headers: { ...JSON_BODY, "X-Request-Id": "early" },
    body: JSON.stringify({ sha256: "0".repeat(64) }),
  });
  expect(agreed.status).toBe(409);
  const statuses = [];
  for (let n = 0; n < 12; n += 1) {
    const wrong = await service.ask("/api/v1/session", { headers: { Authorization: "Bearer cct_wrong" } });
    statuses.push(wrong.status);
  }
  expect(statuses).toContain(429);
  await service.stop();
  const refused = eventsOf(service.cwd).filter(({ operation }) => operation === "access");
  expect(refused.find(({ details }) => details.status === 409)).toMatchObject({
    ...{ outcome: "refused", user: "admin", via: "api", request: "early" },
    details: { path: `/api/v1/tasks/${id}/agree`, status: 409 },
  });
  expect(refused.filter(({ details }) => details.status === 429)).toHaveLength(2);
});

test("however many are refused, the trail knows how many; one kind hides no other", async () => {
  const service = await startService(quietProject("service:\n  hosts: [shop.example]\n"));
  const foreign = async () => service.ask("/api/health", { headers: { Host: "evil.example" } });
  for (let n = 0; n < 70; n += 1) expect((await foreign()).status).toBe(421);
  expect((await fetch(`${service.url}/api/v1/tasks`)).status).toBe(401);
  await service.stop();
  const refused = eventsOf(service.cwd).filter(({ operation }) => operation === "access");
  const counted = refused
    .filter(({ details }) => details.status === 421)
    .reduce((sum, { details }) => sum + 1 + (details.unrecorded ?? 0), 0);
  expect(counted).toBe(70);
  expect(refused.length).toBeLessThan(40);
  expect(refused.filter(({ details }) => details.status === 401)).toHaveLength(1);
});

/** @returns its cookie */
async function signedIn(service: StartedService, token: string): Promise<string> {
  const begun = await fetch(`${service.url}/api/v1/session`, {
    method: "POST",
    headers: { ...JSON_BODY, Origin: service.url },
    body: JSON.stringify({ token }),
  });
  return begun.headers.get("set-cookie")?.split(";")[0] ?? "";
}

test("a session that is signed out of, and one whose token is revoked, end with an event", async () => {
  const service = await startService(quietProject());
  const vera = await tokenFor(service.cwd, "vera", "viewer");
  const Cookie = await signedIn(service, service.admin);
  await signedIn(service, vera);
  const out = await fetch(`${service.url}/api/v1/session`, {
    method: "DELETE",
    headers: { Cookie, Origin: service.url, "X-Request-Id": "good-night" },
  });
  expect(out.status).toBe(204);
  const ends = () => eventsOf(service.cwd).filter(({ operation }) => operation === "sign_out");
  expect(ends()).toMatchObject([
    {
      ...{ outcome: "success", user: "admin", via: "api", request: "good-night" },
      details: { reason: "signed out", client: "127.0.0.1" },
    },
  ]);
  await run(["serve", "token", "revoke", "vera"], { cwd: service.cwd });
  // Nobody asks anything with it.
  await until(() => (ends().length === 2 ? true : undefined));
  expect(ends()[1]).toMatchObject({ user: "vera", details: { reason: "its token counts no more" } });
  await service.stop();
});

test("an open stream ends with its token, and with its session, and says why", async () => {
  const service = await startService(quietProject());
  const started = await startTask(service, { kind: "inventory", plan: true });
  const { id } = (await started.json()) as { id: string };
  const events = `${service.url}/api/v1/tasks/${id}/events`;
  const vera = await tokenFor(service.cwd, "vera", "viewer");
  const short = await tokenFor(service.cwd, "short", "viewer");
  const byToken = await fetch(events, { headers: { Authorization: `Bearer ${vera}` } });
  const bySession = await fetch(events, { headers: { Cookie: await signedIn(service, vera) } });
  const out = await signedIn(service, short);
  const byEnded = await fetch(events, { headers: { Cookie: out } });
  const left = new AbortController();
  const other = await service.ask(`/api/v1/tasks/${id}/events`, { signal: left.signal });
  expect([byToken, bySession, byEnded, other].map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  await fetch(`${service.url}/api/v1/session`, {
    method: "DELETE",
    headers: { Cookie: out, Origin: service.url },
  });
  expect(await byEnded.text()).toContain("counts no more");
  await run(["serve", "token", "revoke", "vera"], { cwd: service.cwd });
  for (const stream of [byToken, bySession])
    expect(await stream.text()).toMatch(/event: failed\ndata: .*counts no more/);
  // Whose token counts goes on.
  const reader = other.body?.getReader();
  let heard = "";
  while (!heard.includes("awaiting")) heard += new TextDecoder().decode((await reader?.read())?.value);
  expect(heard).not.toContain("failed");
  left.abort();
  await service.stop();
});

test("a stream ends when its token expires", async () => {
  const service = await startService(quietProject());
  const started = await startTask(service, { kind: "inventory", plan: true });
  const { id } = (await started.json()) as { id: string };
  const words = ["serve", "token", "add", "brief", "--role", "viewer", "--expires", "2s"];
  const { stdout } = await run(words, { cwd: service.cwd });
  const headers = { Authorization: `Bearer ${stdout.trim()}` };
  const stream = await fetch(`${service.url}/api/v1/tasks/${id}/events`, { headers });
  expect([stream.status, await stream.text()]).toEqual([200, expect.stringContaining("counts no more")]);
  await service.stop();
});

test("an export of the trail that is read slowly ends with its token, and says so in the trail", async () => {
  const cwd = quietProject();
  const token = await tokenFor(cwd, "adam", "admin");
  // As long as it takes to be read in pieces.
  for (let n = 0; n < 3; n += 1) await tokenFor(cwd, `t${n}`, "viewer");
  const trail = join(cwd, ".contextcore/audit.jsonl");
  const line = readFileSync(trail, "utf8").trim().split("\n").at(-1) ?? "";
  const padded = line.replace('"details":{', `"details":{"pad":"${"x".repeat(50_000)}",`);
  appendFileSync(trail, `${padded}\n`.repeat(400));
  const service = await startService(cwd);
  const whole = await fetch(`${service.url}/api/export/audit/csv`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  const reader = whole.body?.getReader();
  await reader?.read();
  await run(["serve", "token", "revoke", "adam"], { cwd });
  const rest = (async () => {
    for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read());
  })();
  await expect(rest).rejects.toThrow();
  await service.stop();
  const ends = eventsOf(cwd).filter(
    ({ operation, ref }) => operation === "audit_export" && ref !== undefined,
  );
  expect(ends).toMatchObject([{ outcome: "partial", details: { error: "its token counts no more" } }]);
});

test("what a stranger has chosen is cut before it is in the trail", async () => {
  const service = await startService(quietProject());
  const Host = `${"a".repeat(7_000)}.example`;
  const refused = await service.ask(`/${"b".repeat(7_000)}`, { headers: { Host } });
  expect(refused.status).toBe(421);
  await service.stop();
  const [event] = eventsOf(service.cwd);
  expect(event.details).toMatchObject({ status: 421, path: `/${"b".repeat(254)}…` });
  expect(JSON.stringify(event).length).toBeLessThan(2_000);
  expect(
    Math.max(
      ...service
        .log()
        .split("\n")
        .map(({ length }) => length),
    ),
  ).toBeLessThan(1_000);
});
