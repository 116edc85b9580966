/** kill -9 at random instants: whatever was acknowledged is there, and the trail goes on as one chain. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { trailLines } from "../../src/audit/journal/segments.ts";
import { verifyTrail } from "../../src/audit/verify/verify.ts";
import { type Folder, makeFolder } from "./folder.ts";
import { proveChain } from "./prove.ts";

setDefaultTimeout(60_000); // cores and disk are shared with other test files

const KILLS = 25;

/** Kills writers; @returns the ids that they were told are durable */
async function killWriters(folder: Folder, ...more: readonly string[]): Promise<string[]> {
  const told: string[] = [];
  for (let round = 0; round < KILLS; round += 1) {
    const before = await lineCount(folder.copy);
    const words = [
      join(import.meta.dir, "appender.ts"),
      folder.file,
      folder.home,
      "100000",
      `r${round}`,
      ...more,
    ];
    const writer = Bun.spawn([process.execPath, ...words], { stdout: "pipe", stderr: "inherit" });
    const output = new Response(writer.stdout).text();
    while ((await lineCount(folder.copy)) < before + 3) await Bun.sleep(2);
    await Bun.sleep(Math.random() * 20); // the instant of the kill is what varies
    writer.kill("SIGKILL");
    const lines = (await output).split("\n");
    told.push(...lines.slice(0, -1));
  }
  const trail = folder.open();
  await trail.append({ operation: "export", outcome: "success" });
  await trail.close();
  return told;
}

test("a killed writer leaves a trail that opens, with every event that it was told is durable", async () => {
  using folder = makeFolder();
  const told = await killWriters(folder);
  const events = proveChain(await folder.lines());
  const ids = new Set(events.map(({ id }) => id));
  expect(told.filter((id) => !ids.has(id))).toEqual([]);
  const copied = new Set(await folder.lines(folder.copy));
  expect((await folder.lines()).filter((line) => !copied.has(line))).toEqual([]);
  expect(told.length).toBeGreaterThan(KILLS);
});

test("also when it is killed while it closes files: one chain through all of them, and each compressed one is known", async () => {
  using folder = makeFolder();
  const told = await killWriters(folder, "2", "2000");
  const lines = Array.from(trailLines(folder.file), ({ text }) => text);
  const ids = new Set(proveChain(lines).map(({ id }) => id));
  expect(told.filter((id) => !ids.has(id))).toEqual([]);
  const signal = new AbortController().signal;
  const { findings, files } = await verifyTrail({ ...folder, project: "shop", sinks: [], signal });
  expect(
    findings.filter(({ message }) => !message.includes("is earlier than that of the event before it")),
  ).toEqual([]);
  expect(files).toBeGreaterThan(5);
});

async function lineCount(path: string): Promise<number> {
  const file = Bun.file(path);
  return (await file.exists()) ? (await file.text()).split("\n").length : 0;
}
