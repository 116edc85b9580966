/** Run it with: BUN_BE_BUN=1 contextcore test (or, where Bun is installed: bun test) */
import { expect, test } from "bun:test";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AuditRecord, Context } from "contextcore";
import plugin from "./index.ts";

const signal = new AbortController().signal;

const event = (seq: number, project = "shop"): AuditRecord => ({
  id: `id-${seq}`,
  seq,
  timestamp: "2026-01-24T14:30:00.000Z",
  operation: "export",
  outcome: "success",
  user: "ada",
  host: "here",
  project,
  line: JSON.stringify({ seq, project, hash: `hash-${seq}` }),
});

test("events arrive once, in order and as they are, and are remembered", async () => {
  const directory = await mkdtemp(join(tmpdir(), "sink-"));
  try {
    const file = join(directory, "events.jsonl");
    const sink = plugin.sink?.({ options: { file } } as unknown as Context<never>);
    for (const one of [event(1), event(2), event(2), event(3, "other")]) await sink?.deliver(one, signal);
    expect(await readFile(file, "utf8")).toBe(
      `${event(1).line}\n${event(2).line}\n${event(3, "other").line}\n`,
    );
    expect(await sink?.history?.({ project: "shop", limit: 10 }, signal)).toEqual(["hash-1", "hash-2"]);
  } finally {
    await rm(directory, { recursive: true });
  }
});
