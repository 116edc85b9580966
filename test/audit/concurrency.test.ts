import { expect, test } from "bun:test";
import { join } from "node:path";
import { makeFolder } from "./folder.ts";
import { proveChain } from "./prove.ts";

const PROCESSES = 20;
const EVENTS = 500; // ten at a time from each

test("twenty processes lose no event, tear none and keep one chain", async () => {
  using folder = makeFolder();
  const appender = join(import.meta.dir, "appender.ts");
  const workers = Array.from({ length: PROCESSES }, (_, index) =>
    Bun.spawn([process.execPath, appender, folder.file, folder.home, String(EVENTS), `p${index}`, "10"], {
      stdout: "pipe",
      stderr: "pipe",
    }),
  );
  const outputs = await Promise.all(workers.map(({ stdout }) => new Response(stdout).text()));
  const complaints = await Promise.all(workers.map(({ stderr }) => new Response(stderr).text()));
  expect(complaints.join("")).toBe("");

  const events = proveChain(await folder.lines());
  expect(events).toHaveLength(PROCESSES * EVENTS);
  const told = outputs.flatMap((text) => text.trim().split("\n"));
  expect(new Set(events.map(({ id }) => id))).toEqual(new Set(told));
  expect(await folder.lines(folder.copy)).toEqual(await folder.lines());
}, 120_000);
