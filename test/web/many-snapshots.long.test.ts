/** Ten thousand snapshots on the page. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { visit } from "../support/chromium.ts";
import { keepNights } from "../support/nights.ts";
import { quietProject, startService } from "../support/service.ts";

setDefaultTimeout(180_000);

test("ten thousand of them are scrolled through without delay", async () => {
  const many = quietProject();
  const start = Date.parse("1999-01-01T02:00:00Z");
  keepNights(
    many,
    Array.from({ length: 10_000 }, (_, at) => ({ at: start + at * 86_400_000 })),
  );
  const large = await startService(many);
  await using reader = await visit(large.url, { token: large.admin, path: "/snapshots" });
  const { page, said } = reader;
  const table = page.getByRole("region", { name: "Snapshots" });
  const rows = table.locator("tbody tr:not(.spacer)");
  await rows.first().waitFor();
  expect(await table.locator("table").getAttribute("aria-rowcount")).toBe("10001");
  expect(await rows.count()).toBeLessThan(120);
  const began = performance.now();
  await table.evaluate((box) => {
    box.scrollTop = box.scrollHeight;
  });
  await page.getByRole("link", { name: "19990101-020000" }).waitFor();
  expect(performance.now() - began).toBeLessThan(2_000);
  await page.getByLabel("Name contains").fill("20100101");
  await page.getByRole("link", { name: "20100101-020000" }).waitFor();
  expect(await rows.count()).toBe(1);
  expect(said).toEqual([]);
  await large.stop();
});
