/** Snapshots on the page: listed, filtered, looked at, compared, verified, copied, and a restore of them planned. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { formatManifest } from "../../src/snapshot/format/manifest.ts";
import { startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { flawsFor, overflow, picture, visit } from "../support/chromium.ts";
import { labProject } from "../support/project.ts";
import { startService, tokenFor } from "../support/service.ts";

setDefaultTimeout(90_000);

const HOSTILE = "<img src=x onerror=alert(1)>\u202e\u0007";

const lab = await startLab();
afterAll(() => lab.stop());
const cwd = labProject(lab, {
  only: ["loki"],
  more: 'stores:\n  usb: { plugin: directory, path: ./usb }\npermissions: { api: ["*", restore] }\n',
});
const exported = async (length: string): Promise<string> => {
  const { stdout } = await run(["export", "-t", length, "--json"], { cwd });
  return JSON.parse(stdout).snapshot.name;
};
const first = await exported("1h");
const second = await exported("2h");
const damaged = withProblem(second);
const service = await startService(cwd);
afterAll(() => service.stop());
const viewer = await tokenFor(cwd, "vera", "viewer");
const admin = await tokenFor(cwd, "ada", "admin");

/** A snapshot whose server gave names that are meant to be seen as something else. */
function withProblem(name: string): string {
  const path = join(cwd, "backups", name, "manifest.json");
  const { sha256: _, ...claims } = JSON.parse(readFileSync(path, "utf8"));
  const problem = { kind: "incomplete", reason: HOSTILE, ranges: [], items: [HOSTILE], itemsTotal: 2_000 };
  const plugins = claims.plugins.map((one: object) => ({ ...one, status: "partial", problems: [problem] }));
  writeFileSync(path, formatManifest({ ...claims, status: "partial", plugins }).text);
  return name;
}

const table = (page: Page) => page.getByRole("region", { name: "Snapshots" });
const rows = (page: Page) => table(page).locator("tbody tr:not(.spacer)");

test("what is kept is listed with where it is held, and a filter in the address narrows it down", async () => {
  await using reader = await visit(service.url, { token: viewer, path: "/snapshots" });
  const { page, said } = reader;
  await rows(page).nth(1).waitFor();
  expect(await rows(page).first().textContent()).toContain(second);
  expect(await page.getByRole("region", { name: "Places", exact: true }).first().textContent()).toContain(
    "usb",
  );
  await page.getByLabel("Status").selectOption("partial");
  await page.waitForURL(/status=partial/);
  expect(await rows(page).count()).toBe(1);
  await page.getByRole("button", { name: "Clear the filters" }).click();
  await rows(page).nth(1).waitFor();
  await reader.go(
    `/snapshots?from=${encodeURIComponent("2001-01-01")}&to=${encodeURIComponent("2001-01-02")}`,
  );
  await page.getByText("No snapshot fits these filters.").waitFor();
  expect(said).toEqual([]);
});

test("one of them says what it holds and lacks; what a server said is shown as it is", async () => {
  await using reader = await visit(service.url, { token: viewer, path: `/snapshots/${damaged}` });
  const { page, said } = reader;
  const shown = "<img src=x onerror=alert(1)>\\u202e\\u0007";
  await page.getByText(shown).nth(1).waitFor();
  await page.getByText("and 1,999 more").waitFor();
  expect(await page.locator("main").textContent()).toMatch(/Entries\d+/);
  expect(await flawsFor(page)).toEqual([]);
  expect(said).toEqual([]);
});

test("two are compared", async () => {
  await using reader = await visit(service.url, { token: viewer, path: "/snapshots" });
  const { page, said } = reader;
  await rows(page).nth(1).waitFor();
  for (const at of [0, 1]) await rows(page).nth(at).getByRole("checkbox").check();
  await page.getByRole("link", { name: "Compare" }).click();
  await page.waitForURL(`${service.url}/snapshots/${first}/diff/${second}`);
  await page.getByText("They do not hold the same records.").waitFor();
  expect(await page.getByRole("region", { name: "Differences" }).textContent()).toMatch(/loki.*entries/);
  expect(said).toEqual([]);
});

test("an admin verifies several, copies one to a place, and plans a restore of it", async () => {
  await using reader = await visit(service.url, { token: admin, path: "/snapshots" });
  const { page, said } = reader;
  await rows(page).nth(1).waitFor();
  for (const at of [0, 1]) await rows(page).nth(at).getByRole("checkbox").check();
  await page.getByText("2 snapshots chosen").waitFor();
  await page.getByRole("button", { name: "Verify" }).click();
  await page.waitForURL(`${service.url}/tasks`);
  await page.getByRole("link", { name: "verify" }).nth(1).waitFor();
  await reader.go(`/snapshots/${first}`);
  await page.getByRole("button", { name: "Copy to usb" }).click();
  await page.waitForURL(/\/tasks\/[\w-]+$/);
  await page.getByText("success").first().waitFor();
  await reader.go(`/snapshots/${first}`);
  await page.getByRole("button", { name: "Plan a restore" }).click();
  await page.waitForURL(`${service.url}/tasks/new/restore?snapshot=${first}`);
  await reader.go("/snapshots?place=usb");
  await page.getByRole("heading", { name: "In usb" }).waitFor();
  expect(await rows(page).count()).toBe(1);
  expect(await rows(page).textContent()).toContain(first);
  expect(said).toEqual([]);
});

test("a viewer sees what may not be done, and why", async () => {
  await using reader = await visit(service.url, { token: viewer, path: `/snapshots/${first}` });
  const { page } = reader;
  const verify = page.getByRole("button", { name: "Verify" });
  await verify.waitFor();
  expect([await verify.isDisabled(), await verify.getAttribute("title")]).toEqual([
    true,
    "Your role may not run verify",
  ]);
});

const LOOKS = [
  ["light", "phone"],
  ["dark", "laptop"],
] as const;

test.each(LOOKS)(
  "in %s on a %s, list, snapshot and difference are whole and accessible",
  async (theme, size) => {
    await using reader = await visit(service.url, { token: admin, theme, size, path: "/snapshots" });
    const { page, said } = reader;
    await rows(page).nth(1).waitFor();
    await rows(page).first().getByRole("checkbox").check();
    await picture(page, `snapshots-${size}-${theme}`);
    expect([await flawsFor(page), await overflow(page)]).toEqual([[], 0]);
    await reader.go(`/snapshots/${second}`);
    await page.getByRole("heading", { name: "loki" }).waitFor();
    await page.waitForLoadState("networkidle");
    await picture(page, `snapshot-${size}-${theme}`);
    expect([await flawsFor(page), await overflow(page)]).toEqual([[], 0]);
    await reader.go(`/snapshots/${first}/diff/${second}`);
    await page.getByText("They do not hold the same records.").waitFor();
    await picture(page, `diff-${size}-${theme}`);
    expect([await flawsFor(page), await overflow(page)]).toEqual([[], 0]);
    expect(said).toEqual([]);
  },
);
