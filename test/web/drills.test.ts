/** Drills on the page: one is started, its report is read, and the overview says what was proved. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startLab } from "../lab/lab.ts";
import { flawsFor, visit } from "../support/chromium.ts";
import { labProject } from "../support/project.ts";
import { startService } from "../support/service.ts";

setDefaultTimeout(120_000);

const lab = await startLab();
const cwd = labProject(lab, { only: ["loki"] });
const service = await startService(cwd);
afterAll(async () => {
  await service.stop();
  await lab.stop();
});

test("a drill is started, followed, and its report read; a damaged snapshot is told at the top of the overview", async () => {
  await using reader = await visit(service.url, { token: service.admin, path: "/tasks/new/export?time=24h" });
  const { page, said } = reader;
  await page.getByRole("button", { name: "Start" }).click();
  await page.locator(".view-head .state.good").waitFor();
  await page.getByRole("link", { name: "Drills" }).click();
  await page.getByText("Nothing was restored yet").waitFor();
  await page.getByRole("button", { name: "Drill now" }).click();
  await page.locator(".view-head .state.good").waitFor();
  await page.getByRole("link", { name: "Drills" }).click();
  await page
    .getByRole("row", { name: /rehearsed/ })
    .getByRole("link")
    .click();
  await page.getByRole("heading", { level: 2, name: "loki" }).waitFor();
  expect(await page.locator(".view-head").textContent()).toMatch(/^Drill \d{8}-\d{6}rehearsed$/);
  expect(await page.textContent("main")).toMatch(/Entries ?[\d,]+/);
  expect(await flawsFor(page)).toEqual([]);
  await page.getByRole("link", { name: "Overview", exact: true }).click();
  await page.getByRole("region", { name: "Last rehearsed, not proved" }).waitFor();
  damage();
  await page.getByRole("link", { name: "Drills" }).click();
  await page.getByRole("button", { name: "Drill now" }).click();
  await page.getByRole("link", { name: "Run again" }).waitFor();
  await page.getByRole("link", { name: "Overview", exact: true }).click();
  await page.getByText("The newest drill found something that did not come back as it was saved.").waitFor();
  expect(said).toEqual([]);
});

/** One byte of the newest snapshot's lines. */
function damage(): void {
  const name = readdirSync(join(cwd, "backups")).find((one) => /^\d/.test(one)) ?? "";
  const file = join(cwd, "backups", name, "logs.json");
  const text = readFileSync(file);
  const at = Math.floor(text.length / 2);
  text[at] = (text[at] ?? 0) ^ 1;
  writeFileSync(file, text);
}
