/**
 * `[SNAPSHOTS=N] bun test ./test/bench/page.ts`: the page against its budget: from asking for it to its first paint, and to what a
 * reader came for. It is no test, and prints numbers; the runner of tests ends the browser.
 */
import { setDefaultTimeout, test } from "bun:test";
import { visit } from "../support/chromium.ts";
import { keepNights } from "../support/nights.ts";
import { quietProject, startService } from "../support/service.ts";
import { median } from "./run.ts";

setDefaultTimeout(300_000);

const COUNT = Number(process.env.SNAPSHOTS ?? 1_000);
const RUNS = 7;

const row = (what: string, ms: readonly number[], budget = ""): void =>
  console.log(`${what.padEnd(44)}${`${median([...ms]).toFixed(0)} ms`.padStart(12)}   ${budget}`);

const cwd = quietProject();
const DAY = 86_400_000;
keepNights(
  cwd,
  Array.from({ length: COUNT }, (_, ago) => ({
    at: Math.floor(Date.now() / DAY) * DAY - ago * DAY,
    hours: 25,
  })),
);
const service = await startService(cwd);
// The overview is read once, however often it is asked for.
await (await service.ask("/api/v1/snapshots")).arrayBuffer();

const PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0";
const SIZE =
  "performance.getEntriesByType('resource').reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)";

test("the page", async () => {
  const first: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    await using guest = await visit(service.url);
    await guest.page.getByLabel("Token").waitFor();
    first.push(Number(await guest.page.evaluate(PAINT)));
  }
  row("first paint, signing in, nothing cached", first, "300 ms");

  await using reader = await visit(service.url, { token: service.admin });
  const { page } = reader;
  const paints: number[] = [];
  const answers: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    await page.reload();
    await page.locator(".verdict").waitFor();
    paints.push(Number(await page.evaluate(PAINT)));
    answers.push(Number(await page.evaluate("performance.now()")));
  }
  row("first paint, overview", paints, "300 ms");
  row(`the verdict on ${COUNT} snapshots is there`, answers);
  console.log(`sent for the overview: ${await page.evaluate(SIZE)} bytes, answers included`);
  await service.stop();
});
