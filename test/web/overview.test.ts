/** The overview: what it says of a stack, and what leads where. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startLab } from "../lab/lab.ts";
import { flawsFor, visit } from "../support/chromium.ts";
import { keepNights, type Night } from "../support/nights.ts";
import { labProject } from "../support/project.ts";
import { quietProject, type StartedService, startService } from "../support/service.ts";

setDefaultTimeout(60_000);

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The last midnight, UTC: nights are told apart by day. */
const MIDNIGHT = Math.floor(Date.now() / DAY) * DAY;

const started: StartedService[] = [];
afterAll(() => Promise.all(started.map((one) => one.stop())));

async function serviceOf(cwd: string): Promise<StartedService> {
  const service = await startService(cwd);
  started.push(service);
  return service;
}

const NIGHTLY =
  'schedules:\n  - { name: nightly, cron: "30 2 * * *", task: export, params: { since-last: true } }\n';

/** Nights without a gap. */
const nights = (count: number, more: Partial<Night> = {}): Night[] =>
  Array.from({ length: count }, (_, ago) => ({ at: MIDNIGHT - (count - 1 - ago) * DAY, hours: 25, ...more }));

const whole = await (async () => {
  const cwd = quietProject(NIGHTLY);
  keepNights(cwd, nights(40));
  return serviceOf(cwd);
})();

test("a stack whose nights are whole is told in one sentence", async () => {
  await using reader = await visit(whole.url, { token: whole.admin });
  const { page, said } = reader;
  const verdict = page.getByRole("region", { name: "Verdict" });
  // Until its servers have said what they hold, it is so as far as is known.
  await page.getByText("Everything is saved", { exact: true }).waitFor();
  expect(await verdict.textContent()).toBe("✓Good: Everything is saved");
  expect(await page.getByRole("region", { name: "Saves next" }).textContent()).toContain(
    "nightly, 30 2 * * *",
  );
  expect(await page.getByRole("region", { name: "Last proved restorable" }).textContent()).toContain("never");
  expect(await page.locator(".day.complete:not(.legend .day)").count()).toBe(40);
  expect(said).toEqual([]);
});

test("while servers are asked, everything is saved as far as is known; drills that cannot be read are no “never”", async () => {
  await using reader = await visit(whole.url, { token: whole.admin });
  const { page } = reader;
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  await page.route("**/api/v1/inventory", async (route) => {
    await answered;
    await route.continue();
  });
  await page.route("**/api/v1/drills*", (route) => route.fulfill({ status: 500, body: "" }));
  await page.reload();
  await page.getByText("Everything is saved, as far as is known").waitFor();
  await page.getByRole("alert").first().waitFor();
  expect(await page.getByRole("region", { name: "Last proved restorable" }).textContent()).toContain(
    "unknown",
  );
  answer();
  await page.getByText("Everything is saved", { exact: true }).waitFor();
});

test("what is not saved is said, the worst first, with where to look", async () => {
  const cwd = quietProject();
  keepNights(cwd, [
    { at: MIDNIGHT - 9 * DAY },
    { at: MIDNIGHT - 5 * DAY },
    { at: MIDNIGHT - 4 * DAY, status: "partial", backends: ["traces"] },
  ]);
  const [broken = ""] = keepNights(cwd, [{ at: MIDNIGHT - 3 * DAY }]);
  writeFileSync(join(cwd, "backups", broken, "manifest.json"), "{}");
  const service = await serviceOf(cwd);
  await using reader = await visit(service.url, { token: service.admin });
  const { page, said } = reader;
  await page.getByText("Not everything is saved").waitFor();
  const findings = await page.locator(".finding").allTextContents();
  expect(findings[0]).toContain("1 snapshot cannot be read.");
  expect(findings.join("\n")).toContain("logs has 1 gap in what is saved of its time line.");
  expect(findings.join("\n")).toContain("No schedule saves anything");
  expect(await page.locator(".day.none:not(.legend .day)").count()).toBeGreaterThan(2);
  expect(await page.locator(".day.partial:not(.legend .day)").count()).toBe(1);
  await page.getByText("gaps", { exact: false }).first().waitFor();
  await page.locator("details.gaps summary").click();
  await page.getByRole("link", { name: /Export the gap of logs/ }).click();
  await page.getByRole("heading", { level: 1, name: "export" }).waitFor();
  expect(await page.getByLabel("plugin").inputValue()).toBe("logs");
  expect(Date.parse(await page.getByLabel("from", { exact: true }).inputValue())).toBe(MIDNIGHT - 9 * DAY);
  expect(said).toEqual([]);
});

test("time lines are read by hovering, zoomed by dragging, and lead to the snapshots; the address keeps it", async () => {
  await using reader = await visit(whole.url, { token: whole.admin });
  const { page, said } = reader;
  const lane = page.locator('[data-backend="logs"]');
  await lane.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await lane.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  await page.mouse.move(x + width * 0.5, y + height / 2);
  expect(await page.locator(".reading").textContent()).toMatch(/^\d+ \w+ 20\d\d, \d\d:\d\dlogs: saved$/);
  await page.mouse.move(x + width * 0.25, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.5, y + height / 2, { steps: 4 });
  await page.mouse.up();
  const query = new URL(page.url()).searchParams;
  const zoomed = Date.parse(query.get("to") ?? "") - Date.parse(query.get("from") ?? "");
  expect(zoomed / DAY).toBeGreaterThan(9);
  expect(zoomed / DAY).toBeLessThan(11);
  await page.reload();
  await page.locator(".axis span").first().waitFor();
  expect(new URL(page.url()).searchParams.get("from")).toBe(query.get("from"));
  await page.getByRole("button", { name: "All", exact: true }).click();
  expect(new URL(page.url()).search).toBe("");
  await page.locator('[data-backend="logs"] .piece').first().click();
  await page.getByRole("heading", { level: 1, name: "Snapshots" }).waitFor();
  expect(new URL(page.url()).searchParams.get("backend")).toBe("logs");
  expect(said).toEqual([]);
});

test("a day of the calendar leads to its snapshots, with the keyboard as well", async () => {
  await using reader = await visit(whole.url, { token: whole.admin, zone: "Asia/Tokyo" });
  const { page, said } = reader;
  await page.locator("a.day[tabindex='0']").focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Snapshots" }).waitFor();
  const { searchParams } = new URL(page.url());
  const from = Date.parse(searchParams.get("from") ?? "");
  // A day in Tokyo begins at 15:00 UTC.
  expect(new Date(from).toISOString().slice(11, 16)).toBe("15:00");
  expect(Date.parse(searchParams.get("to") ?? "") - from).toBe(DAY);
  expect(said).toEqual([]);
});

test("a day of the calendar leads to what was made on it; “Save now” says what it saves; the present day is not over", async () => {
  const cwd = quietProject(
    `${NIGHTLY}  - { name: first, cron: "0 1 * * *", task: export, params: { plugin: [loki] } }\n`,
  );
  const file = join(cwd, "contextcore.yaml");
  const text = readFileSync(file, "utf8");
  // The one that saves a part comes first.
  const [nightly = "", first = ""] = text.split("\n").filter((line) => line.startsWith("  - { name"));
  writeFileSync(file, text.replace(nightly, "").replace(first, `${first}\n${nightly}`));
  keepNights(cwd, [
    { at: MIDNIGHT - 3 * DAY, hours: 48 },
    { at: MIDNIGHT - 2 * DAY, hours: 48 },
  ]);
  const service = await serviceOf(cwd);
  await using reader = await visit(service.url, { token: service.admin });
  const { page, said } = reader;
  await page.getByText("as the schedule “nightly” does").waitFor();
  expect(await page.locator(".day.today").textContent()).toContain("nothing is saved yet");
  await page.locator("a.day.complete").first().click();
  await page.getByText("1 of 2", { exact: true }).waitFor();
  await page.getByText("as the schedule “nightly” does").waitFor();
  expect(await page.getByLabel("Made after").inputValue()).not.toBe("");
  expect(said).toEqual([]);
});

test("times are the reader's, and UTC on hover", async () => {
  await using reader = await visit(whole.url, { token: whole.admin, zone: "Asia/Tokyo" });
  const cell = reader.page.locator("td time").first();
  await cell.waitFor();
  const at = new Date(MIDNIGHT);
  expect(await cell.textContent()).toContain(", 09:00");
  expect(await cell.getAttribute("title")).toBe(`${at.toISOString().slice(0, 10)} 00:00:00 UTC`);
});

test("an empty stack says what to do", async () => {
  const service = await serviceOf(quietProject());
  await using reader = await visit(service.url, { token: service.admin });
  await reader.page.getByText("Nothing is saved yet: no snapshot is kept.").waitFor();
  expect(await reader.page.textContent("main")).toContain("contextcore config init");
  expect(await flawsFor(reader.page)).toEqual([]);
  expect(reader.said).toEqual([]);
});

test("servers are asked what they hold, and what is lost next unless it is saved", async () => {
  const lab = await startLab();
  const service = await serviceOf(labProject(lab, { more: NIGHTLY }));
  await using reader = await visit(service.url, { token: service.admin });
  const { page, said } = reader;
  await page.getByRole("link", { name: "loki", exact: true }).first().waitFor();
  const row = page.locator("tr", { has: page.getByRole("link", { name: "loki", exact: true }) });
  expect(await row.textContent()).toMatch(
    /^loki highok ?nevernightly in \d+ (?:hour|minute)s?0[\d.]+ kB7 daysin \d days$/,
  );
  await page.getByRole("button", { name: "Save now" }).click();
  await page.getByRole("heading", { level: 1, name: "export" }).waitFor();
  await page.locator(".view-head .state.good").waitFor();
  await page.getByRole("link", { name: "Overview", exact: true }).click();
  await page.getByText("Everything is saved", { exact: true }).waitFor();
  expect(await row.textContent()).toContain("just now");
  expect(said).toEqual([]);
  await lab.stop();
});

test("what a schedule was to save and has not is said, with since when", async () => {
  const cwd = quietProject(NIGHTLY);
  const loki = "  loki: { enabled: false }";
  const file = join(cwd, "contextcore.yaml");
  const nowhere = '  loki: { url: "http://127.0.0.1:9" }';
  writeFileSync(file, readFileSync(file, "utf8").replace(loki, nowhere));
  keepNights(cwd, nights(3, { backends: ["loki"] }));
  const service = await serviceOf(cwd);
  const begun = await service.ask("/api/v1/schedules/nightly/run", { method: "POST" });
  const { id } = JSON.parse(await begun.text());
  // Its events end with the task.
  await (await service.ask(`/api/v1/tasks/${id}/events`)).text();
  await using reader = await visit(service.url, { token: service.admin });
  const { page, said } = reader;
  expect(await page.locator(".stack").textContent()).toBe("shop");
  await page.getByText(/ran last with the outcome “failed”/).waitFor();
  await page.getByText("was not reached").waitFor();
  const findings = (await page.locator(".finding").allTextContents()).join("\n");
  expect(findings).toMatch(/loki is not saved since .*, though the schedule “nightly” was to save it by /);
  expect(findings).toMatch(/loki was not reached: /);
  expect(await page.locator("tr", { hasText: "loki" }).first().textContent()).toMatch(
    /nightly in \d+ (?:hour|minute)s?/,
  );
  expect(said).toEqual([]);
});

test("a gap in what the server has deleted since is told, and is no reason to do anything", async () => {
  const lab = await startLab();
  const cwd = labProject(lab, { only: ["loki"], more: NIGHTLY });
  keepNights(cwd, [
    { at: MIDNIGHT - 60 * DAY, backends: ["loki"] },
    { at: MIDNIGHT, hours: 40 * 24, backends: ["loki"] },
  ]);
  const service = await serviceOf(cwd);
  await using reader = await visit(service.url, { token: service.admin });
  await reader.page.getByText("of which its server has nothing any more").waitFor();
  await reader.page.getByText("Everything is saved", { exact: true }).waitFor();
  expect(reader.said).toEqual([]);
  await lab.stop();
});
