/** The trail on the page: filtered, gone back in, followed, verified, downloaded, and one event of it. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { openTrail } from "../../src/audit/trail.ts";
import { flawsFor, overflow, picture, visit } from "../support/chromium.ts";
import { eventsOf, quietProject, startService, tokenFor } from "../support/service.ts";

setDefaultTimeout(90_000);

const HOSTILE = "<img src=x onerror=alert(1)>\u202e\u0007";

const cwd = quietProject();
await fillTrail(260);
const service = await startService(cwd);
afterAll(() => service.stop());
const viewer = await tokenFor(cwd, "vera", "viewer");
const admin = await tokenFor(cwd, "ada", "admin");

async function fillTrail(count: number): Promise<void> {
  const trail = openTrail({
    file: join(cwd, ".contextcore/audit.jsonl"),
    home: join(cwd, ".contextcore"),
    project: "shop",
    sinks: [],
    onWarning: () => {},
  });
  for (let at = 0; at < count; at += 1) {
    const operation = at % 10 === 0 ? "destroy" : "export";
    const { id: ref } = await trail.append({
      operation,
      outcome: "started",
      dataAffected: ["loki"],
      details: { at },
    });
    const [outcome, dataAffected] =
      at === 7 ? (["failed", [HOSTILE, "tempo"]] as const) : (["success", ["loki"]] as const);
    await trail.append({
      operation,
      outcome,
      ref,
      dataAffected,
      details: { at, text: at === 7 ? HOSTILE : "" },
    });
  }
  await trail.close();
}

const rows = (page: Page) => page.getByRole("region", { name: "Events" }).locator("tbody tr:not(.spacer)");

/** What the table says that it has, without its heading. */
const count = async (page: Page): Promise<number> =>
  Number(await page.getByRole("region", { name: "Events" }).locator("table").getAttribute("aria-rowcount")) -
  1;

test("the newest events are there, and older ones as far back as somebody goes", async () => {
  await using reader = await visit(service.url, { token: viewer, path: "/audit" });
  const { page, said } = reader;
  await rows(page).first().waitFor();
  expect(await count(page)).toBe(200);
  await page.getByRole("button", { name: "Show older events" }).click();
  await page.locator('table[aria-rowcount="401"]').waitFor();
  await page.getByRole("button", { name: "Show older events" }).click();
  await page.locator(".buttons button").waitFor({ state: "detached" });
  expect(await count(page)).toBeGreaterThanOrEqual(520);
  expect(await rows(page).count()).toBeLessThan(120);
  expect(said).toEqual([]);
});

test("filters stand in the address, and what they leave can be shared", async () => {
  await using reader = await visit(service.url, { token: viewer, path: "/audit" });
  const { page, said } = reader;
  await page.getByLabel("Outcome").selectOption("failed");
  await page.getByLabel("Operation").fill("export");
  await page.keyboard.press("Enter");
  await page.waitForURL(/outcome=failed/);
  await page.waitForURL(/operation=export/);
  await page.locator('table[aria-rowcount="2"]').waitFor();
  await using other = await visit(service.url, {
    token: viewer,
    path: new URL(page.url()).search.replace("?", "/audit?"),
  });
  await rows(other.page).first().waitFor();
  expect(await count(other.page)).toBe(1);
  await other.page.getByLabel("Any text").fill("nothing says this");
  await other.page.keyboard.press("Enter");
  await other.page.getByText("The trail has no such event.").waitFor();
  await other.page.getByRole("button", { name: "Clear the filters" }).click();
  await rows(other.page).first().waitFor();
  expect(new URL(other.page.url()).search).toBe("");
  expect([...said, ...other.said]).toEqual([]);
});

test("an event shows what it says, escaped, with its neighbours and their hashes", async () => {
  await using reader = await visit(service.url, { token: viewer, path: "/audit?outcome=failed" });
  const { page, said } = reader;
  await rows(page).first().waitFor();
  expect(await rows(page).first().textContent()).toContain("<img src=x onerror=alert(1)>\\u202e\\u0007");
  await rows(page).first().getByRole("link").click();
  await page.getByText("in the chain").waitFor();
  expect(new URL(page.url()).pathname).toBe("/audit/16");
  await page.getByText("✓ fits").nth(1).waitFor();
  const text = (await page.locator("main").textContent()) ?? "";
  const [before, event, after] = eventsOf(cwd).slice(14, 17);
  for (const hash of [before.hash, event.hash]) expect(text).toContain(hash);
  expect(text).toContain('"text": "<img src=x onerror=alert(1)>');
  expect([text.includes("\u202e"), text.includes("\u0007")]).toEqual([false, false]);
  await page.getByRole("link", { name: new RegExp(`^${after.seq}: `) }).click();
  await page.getByRole("heading", { name: "Event 17 in the chain" }).waitFor();
  expect(await flawsFor(page)).toEqual([]);
  expect(said).toEqual([]);
});

test("who follows sees what happens, without touching anything", async () => {
  await using reader = await visit(service.url, { token: viewer, path: "/audit" });
  const { page, said } = reader;
  await rows(page).first().waitFor();
  await page.getByRole("button", { name: "Follow" }).click();
  await page.waitForURL(/follow=1/);
  await service.ask("/api/v1/session", { method: "DELETE" });
  await tokenFor(cwd, `new-${crypto.randomUUID().slice(0, 8)}`, "viewer");
  await rows(page).filter({ hasText: "token_add" }).nth(2).waitFor();
  expect(said).toEqual([]);
});

test("the trail is verified on demand", async () => {
  await using reader = await visit(service.url, { token: viewer, path: "/audit" });
  const { page, said } = reader;
  await page.getByRole("button", { name: "Verify now" }).click();
  await page.getByText(/All \d+ events in 1 file are what was recorded/).waitFor();
  expect(page.url()).toContain("verify=1");
  expect(said).toEqual([]);
});

test("an admin downloads what the filters leave; a viewer is told who may", async () => {
  await using reader = await visit(service.url, { token: admin, path: "/audit?operation=destroy" });
  const { page, said } = reader;
  for (const [form, least] of [
    ["CSV", 53],
    ["JSON", 52],
  ] as const) {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: `Download ${form}` }).click(),
    ]);
    const text = readFileSync(await download.path(), "utf8").trim();
    expect(download.suggestedFilename()).toBe(`audit.${form.toLowerCase()}`);
    expect(text.split("\n").filter((line) => /destroy|^id|timestamp/.test(line))).toHaveLength(least);
  }
  await using other = await visit(service.url, { token: viewer, path: "/audit" });
  await other.page.getByText("Only an admin exports the trail").waitFor();
  expect(await other.page.getByRole("link", { name: /Download/ }).count()).toBe(0);
  expect([...said, ...other.said]).toEqual([]);
});

const LOOKS = [
  ["light", "phone"],
  ["dark", "laptop"],
] as const;

test.each(LOOKS)(
  "in %s on a %s, list, verification and event are whole and accessible",
  async (theme, size) => {
    await using reader = await visit(service.url, { token: admin, theme, size, path: "/audit?verify=1" });
    const { page, said } = reader;
    await rows(page).first().waitFor();
    await page.getByText(/are what was recorded/).waitFor();
    await picture(page, `audit-${size}-${theme}`);
    expect([await flawsFor(page), await overflow(page)]).toEqual([[], 0]);
    await reader.go("/audit/16");
    await page.getByText("✓ fits").nth(1).waitFor();
    await picture(page, `audit-event-${size}-${theme}`);
    expect([await flawsFor(page), await overflow(page)]).toEqual([[], 0]);
    expect(said).toEqual([]);
  },
);
