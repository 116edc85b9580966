/** kill -9 while logs are compressed: each is there, as it was or compressed and whole, and the next run goes on. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../../support/directory.ts";

setDefaultTimeout(120_000);

const LOGS = 24;
const textOf = (n: number): string => `INFO log ${n}, a line of many ${n * 7_919}\n`.repeat(20_000);

function logs(): string {
  const directory = temporaryDirectory();
  for (let n = 1; n <= LOGS; n += 1) {
    const path = join(directory, `app.log.${n}`);
    writeFileSync(path, textOf(n));
    const seconds = Date.now() / 1_000 - (n + 1) * 86_400;
    utimesSync(path, seconds, seconds);
  }
  return directory;
}

/** @param afterMs since it has begun; absent: it is not killed @returns whether it came to its end */
async function runOnce(directory: string, afterMs?: number): Promise<boolean> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "kill-child.ts"), directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  for await (const piece of child.stdout) {
    said += Buffer.from(piece).toString();
    if (afterMs !== undefined && said.startsWith("planned")) {
      await Bun.sleep(afterMs);
      child.kill("SIGKILL");
    }
  }
  await child.exited;
  return said.endsWith("done\n");
}

/** What every file that has a name of a log says. @throws Error when a compressed one is damaged */
const texts = (directory: string): string[] =>
  readdirSync(directory)
    .filter((name) => !name.endsWith(".partial"))
    .map((name) => {
      const bytes = readFileSync(join(directory, name));
      return Buffer.from(name.endsWith(".zst") ? Bun.zstdDecompressSync(bytes) : bytes).toString();
    });

test("at any moment", async () => {
  const directory = logs();
  const all = new Set(Array.from({ length: LOGS }, (_, n) => textOf(n + 1)));
  let kills = 0;
  for (let n = 0; n < 12; n += 1) {
    if (!(await runOnce(directory, (n * 7) % 40))) kills += 1;
    expect(new Set(texts(directory))).toEqual(all);
  }
  expect(kills).toBeGreaterThan(0);
  expect(await runOnce(directory)).toBe(true);
  const left = readdirSync(directory).filter((name) => !name.endsWith(".partial"));
  expect([left.length, left.every((name) => name.endsWith(".info.zst"))]).toEqual([LOGS, true]);
  expect(texts(directory).sort()).toEqual([...all].sort());
});
