/** Every view on every screen in both themes: nothing is wider than the screen, and axe finds nothing. `PICTURES=folder` keeps what is seen. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { startLab } from "../lab/lab.ts";
import { flawsFor, overflow, picture, SIZES, signIn, visit } from "../support/chromium.ts";
import { keepNights, type Night } from "../support/nights.ts";
import { labProject } from "../support/project.ts";
import { startService } from "../support/service.ts";

setDefaultTimeout(120_000);

const DAY = 86_400_000;
const MIDNIGHT = Math.floor(Date.now() / DAY) * DAY;

/** Five months, with a night that failed, two that lack something, and two gaps. */
const NIGHTS: Night[] = Array.from({ length: 150 }, (_, number) => 150 - number)
  .filter((ago) => ![40, 41, 97].includes(ago))
  .map((ago) => ({
    at: MIDNIGHT - ago * DAY + 1.5 * 3_600_000,
    hours: 25,
    bytes: 40_000_000 + Math.round(Math.sin(ago / 9) * 6_000_000) + (150 - ago) * 100_000,
    status: ago === 63 ? "failed" : ago % 37 === 5 ? "partial" : "complete",
    backends: ["loki", "mimir", "tempo"],
  }));

const MORE = `permissions: { api: ["*", prune] }
schedules:
  - { name: nightly, cron: "30 2 * * *", zone: Europe/Berlin, task: export, params: { since-last: true } }
  - { name: weekly-proof, cron: "0 5 * * 0", task: verify, params: { read-data: day/7 } }
`;

const lab = await startLab();
const cwd = labProject(lab, { more: MORE });
keepNights(cwd, NIGHTS);
const service = await startService(cwd);
afterAll(async () => {
  await service.stop();
  await lab.stop();
});

async function begun(kind: string, params: object): Promise<string> {
  const answer = await service.ask("/api/v1/tasks", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ kind, params }),
  });
  return `/tasks/${JSON.parse(await answer.text()).id}`;
}

const exported = await begun("export", { time: "2h" });

const SCREENS = (["light", "dark"] as const).flatMap((theme) =>
  (Object.keys(SIZES) as (keyof typeof SIZES)[]).map((size) => [theme, size] as const),
);

test.each(SCREENS)("in %s on a %s", async (theme, size) => {
  const plan = await begun("prune", { "keep-weekly": "4", "allow-gaps": true });
  await using reader = await visit(service.url, { theme, size });
  const { page, said } = reader;
  const look = async (name: string): Promise<void> => {
    await page.waitForLoadState("networkidle");
    await picture(page, `${name}-${size}-${theme}`);
    expect([name, await flawsFor(page), await overflow(page)]).toEqual([name, [], 0]);
  };
  await look("sign-in");
  await signIn(page, service.admin);
  for (const name of await page.locator("nav a").allTextContents()) {
    await page.getByRole("link", { name, exact: true }).click();
    await page.getByRole("heading", { level: 1, name }).waitFor();
    if (name === "Overview") await page.locator(".chart canvas").waitFor();
    await look(name.toLowerCase());
  }
  const others = { form: "/tasks/new/export", plan, result: exported };
  for (const [name, path] of Object.entries(others)) {
    await reader.go(path);
    if (name === "plan") await page.getByRole("button", { name: "Decline" }).waitFor();
    await look(name);
  }
  await reader.go(plan);
  await page.getByRole("button", { name: "Decline" }).click();
  await page.locator(".view-head .state", { hasText: "cancelled" }).waitFor();
  expect(said).toEqual([]);
});
