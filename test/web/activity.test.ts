/** What LLM agents asked and did, on the page: found, read, counted, downloaded, and purged by a plan. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { flawsFor, overflow, picture, visit } from "../support/chromium.ts";
import { quietProject, startService, tokenFor } from "../support/service.ts";

setDefaultTimeout(90_000);

const HOSTILE = "<img src=x onerror=alert(1)>\u202e\u0007";
/** Control characters are not kept at all. */
const SHOWN = "<img src=x onerror=alert(1)>\\u202e\ufffd";

const cwd = quietProject('permissions: { api: ["*", activity_purge] }\n');
const service = await startService(cwd);
afterAll(() => service.stop());
const viewer = await tokenFor(cwd, "vera", "viewer");
const admin = await tokenFor(cwd, "ada", "admin");
const ingest = await tokenFor(cwd, "agent", "ingest");

const idOf = (at: number): string => `019f8a3c-0000-7000-8000-${String(at).padStart(12, "0")}`;

/** A run as programs send it, one an hour. */
const runOf = (at: number) => ({
  id: idOf(at),
  started: new Date(Date.now() - (300 - at) * 3_600_000).toISOString(),
  ended: new Date(Date.now() - (300 - at) * 3_600_000 + 1_500).toISOString(),
  user: at % 2 === 0 ? "ada" : "bob",
  conversation: `c${at % 50}`,
  modelAsked: at % 3 === 0 ? "large" : "small",
  status: at % 40 === 7 ? "error" : "ok",
  ...(at % 40 === 7 ? { error: { class: "Timeout", text: "it did not answer" } } : {}),
  ...(at % 5 === 0 ? {} : { tokensInput: 100 + at, tokensOutput: at }),
  input: [{ role: "user", content: `question ${at}` }],
  output: [{ role: "assistant", content: `answer ${at}` }],
});

const SPECIAL = {
  ...runOf(251),
  id: idOf(999),
  started: new Date(Date.now() - 60_000).toISOString(),
  ended: new Date(Date.now() - 58_000).toISOString(),
  user: HOSTILE,
  entity: { type: "ticket", id: HOSTILE },
  conversation: "long",
  traceId: "0af7651916cd43dd8448eb211c80319c",
  modelAsked: "large",
  input: [
    ...Array.from({ length: 30 }, (_, at) => ({
      role: at % 2 ? "assistant" : "user",
      content: `turn ${at}`,
    })),
    { role: "user", content: `${HOSTILE}\nneedle ${"x".repeat(20_000)}` },
  ],
  output: [
    {
      role: "assistant",
      parts: [
        { type: "text", text: HOSTILE },
        { type: "tool_call", id: "t1", name: "search", arguments: { query: HOSTILE } },
      ],
    },
  ],
};

await sendAll([...Array.from({ length: 250 }, (_, at) => runOf(at)), SPECIAL]);

async function sendAll(runs: readonly object[]): Promise<void> {
  const answer = await service.ask("/api/v1/activity/runs", {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${ingest}` },
    body: JSON.stringify({ runs }),
  });
  expect(answer.status).toBe(202);
  for (;;) {
    const { runs: there } = JSON.parse(await (await service.ask("/api/v1/activity/runs?limit=1000")).text());
    if (there.length >= runs.length) return;
    await Bun.sleep(50);
  }
}

const table = (page: Page) => page.getByRole("region", { name: "Runs", exact: true }).locator("table");
const rows = (page: Page) => table(page).locator("tbody tr:not(.spacer)");

test("the newest runs are listed, older ones on demand, and filters stand in the address", async () => {
  await using reader = await visit(service.url, { token: viewer, path: "/admin/dedalus/logs" });
  const { page, said } = reader;
  await rows(page).first().waitFor();
  expect(await rows(page).first().textContent()).toContain(SHOWN);
  await page.getByRole("button", { name: "Show older runs" }).click();
  await page.locator('table[aria-rowcount="252"]').waitFor();
  await page.getByLabel("Status").selectOption("error");
  await page.waitForURL(/status=error/);
  await page.locator('table[aria-rowcount="8"]').waitFor();
  await page.getByLabel("User").fill("bob");
  await page.keyboard.press("Enter");
  await page.waitForURL(/user=bob/);
  await page.getByLabel("Tokens, at least").fill("500");
  await page.keyboard.press("Enter");
  await page.locator('table[aria-rowcount="3"]').waitFor();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Download CSV" }).click(),
  ]);
  expect(
    readFileSync(await download.path(), "utf8")
      .trim()
      .split("\n"),
  ).toHaveLength(3);
  expect(said).toEqual([]);
});

test("an admin reads a run: what was said, tools, times and tokens, all of it escaped and no more than can be read", async () => {
  await using reader = await visit(service.url, { token: admin, path: "/activity?text=needle" });
  const { page, said } = reader;
  await rows(page).first().waitFor();
  expect(await rows(page).count()).toBe(1);
  await rows(page).first().getByRole("button").click();
  await page.getByRole("heading", { name: "Run of large" }).waitFor();
  expect(page.url()).toContain(`run=${SPECIAL.id}`);
  const main = page.locator("main");
  expect(await main.textContent()).not.toContain("turn 0");
  await page.getByRole("button", { name: "Show 11 earlier messages" }).click();
  await page.getByText("turn 0", { exact: true }).waitFor();
  await page.getByRole("button", { name: /Show all 20,\d+ characters/ }).click();
  expect((await main.textContent())?.split(SHOWN).length).toBeGreaterThan(4);
  await page.getByRole("list", { name: "Tool calls" }).getByText("search").waitFor();
  await page.getByRole("link", { name: "Open alone" }).click();
  await page.waitForURL(`${service.url}/activity/${SPECIAL.id}`);
  await page.getByText("351, 251").waitFor();
  expect(await flawsFor(page)).toEqual([]);
  expect(said).toEqual([]);
});

test("a conversation is read from its first run to its last", async () => {
  await using reader = await visit(service.url, { token: admin, path: "/activity?conversation=c7" });
  const { page, said } = reader;
  await page.getByRole("link", { name: "Read as a conversation" }).click();
  await page.getByText("question 207").waitFor();
  const text = (await page.locator("main").textContent()) ?? "";
  const found = [7, 57, 107, 157, 207].map((at) => text.indexOf(`question ${at}`));
  expect(found).toEqual(found.toSorted((a, b) => a - b));
  expect(found).not.toContain(-1);
  expect(said).toEqual([]);
});

test("a viewer sees that there was a run, and not what was said", async () => {
  await using reader = await visit(service.url, { token: viewer, path: `/activity/${SPECIAL.id}` });
  const { page, said } = reader;
  await page.getByText("What was said in a run is for admins").waitFor();
  await reader.go("/activity");
  await rows(page).first().waitFor();
  expect(await page.getByLabel("Words that were said").count()).toBe(0);
  expect(said).toEqual([]);
});

test("statistics count runs, errors, tokens and latencies by day and by model", async () => {
  await using reader = await visit(service.url, { token: viewer, path: "/activity?show=stats" });
  const { page, said } = reader;
  const models = page.getByRole("region", { name: "By model" }).locator("table");
  await models.waitFor();
  expect(await models.textContent()).toMatch(/large8[45].*small16[67]/);
  await page.getByRole("img", { name: /in all/ }).waitFor();
  await page
    .getByText(/^1\.[45]\d* s$/)
    .first()
    .waitFor();
  expect(said).toEqual([]);
});

test("what is too old is counted, and goes once that is agreed to by typing", async () => {
  await using reader = await visit(service.url, { token: admin, path: "/activity?show=purge" });
  const { page, said } = reader;
  await page.getByLabel("Remove what is older than so many days").fill("8");
  await page.getByRole("button", { name: "Show what would go" }).click();
  await page.waitForURL(/\/tasks\//);
  await page.getByText("This deletes or overwrites").waitFor();
  const before = await count();
  await page.getByRole("textbox").fill("activity_purge 1");
  await page.getByRole("button", { name: "Carry out this plan" }).click();
  await page.getByText("success").first().waitFor();
  const after = await count();
  expect([before, after]).toEqual([251, expect.any(Number)]);
  expect(after).toBeLessThan(146);
  expect(after).toBeGreaterThan(139);
  expect(said).toEqual([]);
});

async function count(): Promise<number> {
  return JSON.parse(await (await service.ask("/api/v1/activity/runs?limit=1000")).text()).runs.length;
}

const LOOKS = [
  ["light", "phone"],
  ["dark", "laptop"],
] as const;

test.each(LOOKS)(
  "in %s on a %s, runs, one of them and statistics are whole and accessible",
  async (theme, size) => {
    await using reader = await visit(service.url, { token: admin, theme, size, path: "/activity" });
    const { page, said } = reader;
    const look = async (name: string): Promise<void> => {
      await page.waitForLoadState("networkidle");
      await picture(page, `${name}-${size}-${theme}`);
      expect([name, await flawsFor(page), await overflow(page)]).toEqual([name, [], 0]);
    };
    await rows(page).first().waitFor();
    await look("activity");
    await reader.go(`/activity/${SPECIAL.id}`);
    await page.getByText("Tools that it called").waitFor();
    await look("activity-run");
    await reader.go("/activity?show=stats");
    await page.getByRole("region", { name: "By model" }).locator("table").waitFor();
    await look("activity-stats");
    await reader.go("/activity?show=purge");
    await page.getByText("How long runs are kept").waitFor();
    await look("activity-purge");
    expect(said).toEqual([]);
  },
);
