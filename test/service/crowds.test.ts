/** Many who want something at once, and what is made to take long: it stays bounded, and others are answered meanwhile. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { agreed } from "../support/project.ts";
import { quietProject, startService, tokenFor } from "../support/service.ts";

setDefaultTimeout(60_000);

const service = await startService(quietProject());
afterAll(() => service.stop());

/** How many processes this one has started that are still there. */
function childrenOf(pid: number): number {
  return readdirSync("/proc").filter((name) => {
    try {
      return readFileSync(`/proc/${name}/stat`, "utf8")
        .replace(/^.*\) \S+ /s, "")
        .startsWith(`${pid} `);
    } catch {
      return false;
    }
  }).length;
}

test("a hundred who search the trail have two processes, and most are told to come again", async () => {
  const viewer = await tokenFor(service.cwd, "vera", "viewer");
  const headers = { Authorization: `Bearer ${viewer}` };
  let isOver = false;
  let most = 0;
  const watching = (async () => {
    for (; !isOver; await Bun.sleep(5)) most = Math.max(most, childrenOf(service.pid));
  })();
  const all = await Promise.all(
    Array.from({ length: 100 }, () => fetch(`${service.url}/api/v1/audit?grep=x`, { headers })),
  );
  isOver = true;
  await watching;
  const statuses = Map.groupBy(all, ({ status }) => status);
  expect([...statuses.keys()].sort()).toEqual([200, 429]);
  expect(statuses.get(200)?.length).toBe(18);
  expect(statuses.get(429)?.[0]?.headers.get("retry-after")).toBe("2");
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(2);
  // The next one has its turn.
  expect((await fetch(`${service.url}/api/v1/audit?grep=x`, { headers })).status).toBe(200);
});

test("who has no token sends no long body", async () => {
  const body = JSON.stringify({ token: "x".repeat(5_000) });
  const long = await fetch(`${service.url}/api/v1/session`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body,
  });
  expect(long.status).toBe(413);
});

test("a body is not nested without end, and what looks so in a text is one", async () => {
  const send = async (value: string) => {
    const sent = await service.ask("/api/v1/activity/runs", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: `{"runs":[{"user":"ada","toolCalls":[{"name":"x","arguments":${value}}]}]}`,
    });
    return [sent.status, ((await sent.json()) as { detail?: string }).detail];
  };
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  expect(await send(deep)).toEqual([400, "the body is nested more than 200 times"]);
  expect(await send(JSON.stringify(`\\"${"[".repeat(1_000)}"{`))).toEqual([202, undefined]);
  expect(await send(`${"[".repeat(150)}1${"]".repeat(150)}`)).toEqual([202, undefined]);
});

test("strangers who ask whether all is ready cost one look a second", async () => {
  const cwd = quietProject("service:\n  trusted_proxy: [127.0.0.1]\n");
  const behind = await startService(agreed(cwd));
  const far = { headers: { "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https" } };
  const ready = async (init: RequestInit = {}) => (await fetch(`${behind.url}/api/ready`, init)).status;
  expect(await ready(far)).toBe(200);
  writeFileSync(join(cwd, "contextcore.yaml"), "name: [\n");
  expect(await ready(far)).toBe(200);
  // Who is known is told at once.
  const known = { headers: { ...far.headers, Authorization: `Bearer ${behind.admin}` } };
  expect(await ready(known)).toBe(503);
  while ((await ready(far)) === 200) await Bun.sleep(50);
  await behind.stop();
});
