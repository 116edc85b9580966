/** Tasks on the page: started, followed, agreed to, ended; and whatever names servers give, they are only shown. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { startLab } from "../lab/lab.ts";
import { visit } from "../support/chromium.ts";
import { keepNights } from "../support/nights.ts";
import { labProject } from "../support/project.ts";
import { type StartedService, startService, tokenFor } from "../support/service.ts";

setDefaultTimeout(60_000);

const lab = await startLab();
const services: StartedService[] = [];
afterAll(async () => {
  await Promise.all(services.map((one) => one.stop()));
  await lab.stop();
});

const PERMITTED = 'permissions: { api: ["*", prune] }\n';
const NIGHTLY = 'schedules:\n  - { name: nightly, cron: "30 2 * * *", task: export, params: { time: 1h } }\n';
const DAY = 86_400_000;
const MIDNIGHT = Math.floor(Date.now() / DAY) * DAY;

/** A stack with some nights. */
async function stack(
  options: { nights?: number; env?: Record<string, string> } = {},
): Promise<StartedService> {
  const { nights = 0, env = {} } = options;
  const cwd = labProject(lab, { only: ["loki", "grafana"], more: `${PERMITTED}${NIGHTLY}` });
  keepNights(
    cwd,
    Array.from({ length: nights }, (_, ago) => ({ at: MIDNIGHT - ago * DAY, backends: ["logs"] })),
  );
  const service = await startService(cwd, { env });
  services.push(service);
  return service;
}

const kept = ({ cwd }: StartedService): string[] => readdirSync(join(cwd, "backups")).sort();

const shared = await stack({ nights: 3 });

const state = (page: Page, word: string) => page.locator(".view-head .state", { hasText: word }).waitFor();

test("an export is started by a form that its schema makes, followed to its end, and told in words", async () => {
  await using reader = await visit(shared.url, { token: shared.admin, path: "/tasks" });
  const { page, said } = reader;
  await page.getByRole("link", { name: "export", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "export" }).waitFor();
  await page.getByLabel("time").fill("2h");
  await page.getByRole("button", { name: "Add logs" }).click();
  await page.getByLabel("plugin").fill("loki");
  await page.getByLabel("no-dashboards").check();
  const { searchParams } = new URL(page.url());
  expect(Object.fromEntries(searchParams)).toEqual({ time: "2h", plugin: "loki", dashboards: "false" });
  await page.getByRole("button", { name: "Start" }).click();
  await state(page, "success");
  const result = await page.getByRole("region", { name: "Result", exact: true }).textContent();
  expect(result).toContain("Status complete".replace(" ", ""));
  expect(result).toMatch(/loki ?complete\d+ entries/);
  await page.getByRole("link", { name: "Run again" }).click();
  expect(await page.getByLabel("time").inputValue()).toBe("2h");
  expect(await page.getByLabel("no-dashboards").isChecked()).toBe(true);
  expect(said).toEqual([]);
});

test("what contradicts itself is said before anything is sent", async () => {
  await using reader = await visit(shared.url, {
    token: shared.admin,
    path: "/tasks/new/export?time=2h&all=true",
  });
  const { page, said } = reader;
  await page.getByText("contradict each other").waitFor();
  expect(await page.getByRole("button", { name: "Start" }).isDisabled()).toBe(true);
  await page.getByLabel("time").fill("");
  expect(await page.getByRole("button", { name: "Start" }).isEnabled()).toBe(true);
  expect(said).toEqual([]);
});

test("what the service refuses is told in its own words, and the form stays", async () => {
  await using reader = await visit(shared.url, { token: shared.admin, path: "/tasks/new/export?time=soon" });
  const { page } = reader;
  await page.getByRole("button", { name: "Start" }).click();
  expect(await page.getByRole("alert").textContent()).toContain("soon");
  expect(await page.getByLabel("time").inputValue()).toBe("soon");
});

const PRUNE = "/tasks/new/prune?keep-last=1&allow-gaps=true";

test("a prune shows its plan, and is carried out once that was typed", async () => {
  const service = await stack({ nights: 3 });
  await using reader = await visit(service.url, { token: service.admin, path: PRUNE });
  const { page, said } = reader;
  await page.getByRole("button", { name: "Make the plan" }).click();
  await page.getByText("2 targets").waitFor();
  expect(kept(service)).toHaveLength(3);
  const agree = page.getByRole("button", { name: "Carry out this plan" });
  expect(await agree.isDisabled()).toBe(true);
  await page.getByLabel("To agree").fill("prune 3");
  expect(await agree.isDisabled()).toBe(true);
  await page.getByLabel("To agree").fill("prune 2");
  await agree.click();
  await state(page, "success");
  expect(kept(service)).toHaveLength(1);
  expect(said).toEqual([]);
});

test("of a plan that is no longer true, what has changed is left alone, and that is said", async () => {
  const service = await stack({ nights: 4 });
  await using reader = await visit(service.url, { token: service.admin, path: PRUNE });
  const { page, said } = reader;
  await page.getByRole("button", { name: "Make the plan" }).click();
  await page.getByText("3 targets").waitFor();
  const [oldest = ""] = kept(service);
  rmSync(join(service.cwd, "backups", oldest), { recursive: true });
  keepNights(service.cwd, [{ at: MIDNIGHT - 3 * DAY, bytes: 1, backends: ["logs"] }]);
  await page.getByLabel("To agree").fill("prune 3");
  await page.getByRole("button", { name: "Carry out this plan" }).click();
  await state(page, "partial");
  expect(kept(service)).toEqual([oldest, expect.any(String)]);
  expect(await page.textContent("main")).toContain(oldest);
  expect(said).toEqual([]);
});

test("a plan that is declined changes nothing", async () => {
  const service = await stack({ nights: 3 });
  await using reader = await visit(service.url, { token: service.admin, path: PRUNE });
  const { page, said } = reader;
  await page.getByRole("button", { name: "Make the plan" }).click();
  await page.getByRole("button", { name: "Decline" }).click();
  await state(page, "cancelled");
  expect(kept(service)).toHaveLength(3);
  expect(said).toEqual([]);
});

test("what runs is seen going on, and is cancelled", async () => {
  const service = await stack({ env: { CONTEXTCORE_EXPORT_RECOUNT: "60s" } });
  await using reader = await visit(service.url, {
    token: service.admin,
    path: "/tasks/new/export?time=2h&plugin=loki",
  });
  const { page, said } = reader;
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByRole("progressbar", { name: "loki" }).waitFor();
  await page.getByText(/\d+ entries/).waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("link", { name: "Run again" }).waitFor();
  expect(await page.locator(".view-head .state").textContent()).toMatch(/cancelled|partial/);
  await page.getByRole("link", { name: "Tasks", exact: true }).click();
  await page
    .getByRole("cell", { name: /cancelled|partial/ })
    .first()
    .waitFor();
  expect(said).toEqual([]);
});

test("a connection that is not there yet was not lost", async () => {
  const service = await stack({ env: { CONTEXTCORE_EXPORT_RECOUNT: "60s" } });
  await using reader = await visit(service.url, {
    token: service.admin,
    path: "/tasks/new/export?time=2h&plugin=loki",
  });
  const { page, said } = reader;
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  await page.route("**/events", async (route) => {
    await held;
    await route.continue();
  });
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByText("Asking how far it is").waitFor();
  expect(await page.getByText("The connection was lost").count()).toBe(0);
  release();
  await page.getByRole("progressbar", { name: "loki" }).waitFor();
  expect(await page.getByText("Asking how far it is").count()).toBe(0);
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("link", { name: "Run again" }).waitFor();
  expect(said).toEqual([]);
});

test("schedules show what runs when, and one is run by hand", async () => {
  await using reader = await visit(shared.url, { token: shared.admin, path: "/schedules" });
  const { page, said } = reader;
  await page.getByRole("button", { name: "Run now: nightly" }).click();
  await state(page, "success");
  await page.getByRole("link", { name: "Schedules", exact: true }).click();
  const row = page.locator("tr", { has: page.getByRole("link", { name: "nightly" }) });
  await row.getByText("success").waitFor();
  expect(await row.textContent()).toContain("30 2 * * *");
  await row.getByRole("link", { name: "nightly" }).click();
  expect(new URL(page.url()).searchParams.get("schedule")).toBe("nightly");
  await page.getByRole("button", { name: "Of the schedule nightly" }).waitFor();
  expect(said).toEqual([]);
});

test("a viewer sees what a viewer may, and why not more", async () => {
  const token = await tokenFor(shared.cwd, "vera", "viewer");
  await using reader = await visit(shared.url, { token, path: "/tasks/new/export" });
  const { page, said } = reader;
  await page.getByText("You may not run this task").waitFor();
  expect(await page.getByRole("button", { name: "Start" }).isDisabled()).toBe(true);
  await reader.go("/");
  await page.locator('button[title^="You may not run export"]').waitFor();
  expect(said).toEqual([]);
});

test("names that servers give run nothing and hide nothing", async () => {
  const hostile = '<img src=x onerror="document.title=`pwned`">\u0007\u202egnp.exe';
  await fetch(`${lab.urls.grafana}/api/datasources`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      name: hostile,
      type: "loki",
      url: "http://x",
      access: "proxy",
      secureJsonData: { key: "s" },
    }),
  });
  await using reader = await visit(shared.url, {
    token: shared.admin,
    path: "/tasks/new/export?time=1h&plugin=grafana",
  });
  const { page, said } = reader;
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByRole("link", { name: "Run again" }).waitFor();
  await page.getByText("<img src=x").first().waitFor();
  expect(await page.textContent("main")).toContain("\\u0007\\u202egnp.exe");
  expect(await page.locator("main img").count()).toBe(0);
  expect(await page.title()).toMatch(/^Task /);
  expect(said).toEqual([]);
});

test("what hides in an address or a name that was typed is written out", async () => {
  await using reader = await visit(shared.url, {
    token: shared.admin,
    path: `/tasks/new/${encodeURIComponent("\u202egnp")}`,
  });
  await reader.page.getByText("No task is called \\u202egnp.").waitFor();
  const hidden = "lo\u202egs";
  keepNights(shared.cwd, [{ at: MIDNIGHT - 5 * DAY, backends: [hidden] }]);
  await reader.go("/tasks/new/export");
  await reader.page.getByRole("button", { name: "Add lo\\u202egs" }).waitFor();
  expect(await reader.page.textContent("main")).not.toContain("\u202e");
  expect(reader.said).toEqual([]);
});
