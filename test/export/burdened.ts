/**
 * An export in a process that already holds much, as a service with a database open does: `bun burdened.ts HELD DIRECTORY`.
 * Prints how many steps of a hundred began beside another, and how much more than before the process held, as JSON.
 */
import type { Step } from "contextcore";
import { exportSnapshot } from "../../src/export/export-snapshot.ts";
import { fakeBackend, logLine } from "./fake-backend.ts";
import { jobOf } from "./run.ts";

const [held = "0", directory = ""] = process.argv.slice(2);
const ballast = Buffer.alloc(Number(held), 1);
/** The steps of an export of 400 MB, each of 4. */
const STEPS = 100;
const STEP_BYTES = 4 << 20;

let [under, beside, steps] = [0, 0, 0];
const times = Array.from({ length: 50 }, (_, at) => BigInt(at + 1));

/** Made anew in each step, as what comes from a server is. */
async function bigStep(): Promise<Step> {
  under += 1;
  if (under > 1) beside += 1;
  await Bun.sleep(20);
  const line = `${logLine(steps, times)}\n`;
  const lines = Math.floor(STEP_BYTES / line.length);
  const text = line.repeat(lines);
  steps += 1;
  under -= 1;
  return {
    records: [
      { file: "logs.json", text, lines, from: 0n, to: 60n, counts: { entries: lines * times.length } },
    ],
  };
}

const before = process.memoryUsage.rss();
let peak = before;
const watch = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 2);
const backend = fakeBackend({
  streams: STEPS,
  onStep: ({ stream }) => (stream === "all" ? undefined : bigStep()),
});
const { count: _, ...uncounted } = backend.backend;
const { manifest } = await exportSnapshot(
  jobOf(directory, [{ ...backend, backend: uncounted }], { concurrency: 6 }),
);
clearInterval(watch);
const more = peak - before;
console.log(JSON.stringify({ status: manifest.status, beside, more, held: ballast.length }));
