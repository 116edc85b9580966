import { expect, test } from "bun:test";
import { hostname } from "node:os";
import { join } from "node:path";
import file from "../../plugins/file/index.ts";
import { verifyTrail } from "../../src/audit/verify/verify.ts";
import { makeFolder } from "./folder.ts";
import { proveChain } from "./prove.ts";
import { openSink } from "./sink.ts";

const HERE = { identity: { user: "ada", host: hostname() } };
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

test("verifying while others append and close files finds nothing that is not so", async () => {
  using folder = makeFolder();
  const elsewhere = join(folder.directory, "elsewhere.jsonl");
  const sinks = [await openSink(file, { path: elsewhere })];
  const first = folder.open({ sinks, ...HERE });
  await first.append({ operation: "export", outcome: "success" });
  await first.close();
  const ended = new AbortController();
  const writing = Array.from({ length: 3 }, async () => {
    while (!ended.signal.aborted) {
      const trail = folder.open({ sinks, rotateBytes: 1_500, ...HERE });
      await trail.append({ operation: "export", outcome: "success" });
      await trail.close();
    }
  });
  const { signal } = new AbortController();
  const found: unknown[] = [];
  // Until files were closed meanwhile, however slow the disk is.
  for (let round = 0, closed = 0; round < 60 || closed <= 5; round += 1) {
    const { findings, files } = await verifyTrail({ ...folder, project: "shop", sinks, signal });
    closed = files;
    found.push(
      ...findings.filter(({ message }) => !message.includes("is earlier than that of the event before it")),
    );
  }
  ended.abort();
  await Promise.all(writing);
  expect(found).toEqual([]);
  expect((await verifyTrail({ ...folder, project: "shop", sinks, signal })).files).toBeGreaterThan(5);
}, 60_000);
