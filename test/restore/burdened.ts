/**
 * A restore of 320 MB in a process that holds much already: `bun burdened.ts HELD DIRECTORY`. Prints how many batches were
 * begun beside another, and how much more than before the process held, as JSON.
 */
import { manyBlocks, restoreMany } from "./many.ts";

const [held = "0", directory = ""] = process.argv.slice(2);
const ballast = Buffer.alloc(Number(held), 1);
const line = `{"number":0,"text":"${"x".repeat(1_000)}"}\n`;
const block = line.repeat(Math.floor((8 << 20) / line.length));

const snapshot = manyBlocks(40, () => block);
Bun.gc(true);

let [under, beside] = [0, 0];
const before = process.memoryUsage.rss();
let peak = before;
const watch = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 2);
const outcome = await restoreMany({
  snapshot,
  directory,
  server: {
    order: "any",
    async apply() {
      under += 1;
      if (under > 1) beside += 1;
      await Bun.sleep(10);
      under -= 1;
      return { written: { entries: 1 } };
    },
  },
});
clearInterval(watch);
const more = peak - before;
console.log(JSON.stringify({ failure: outcome.failure, beside, more, held: ballast.length }));
