/** A relay stops in its time, whatever becomes of its log. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { Upstream } from "../../../src/config/upstreams.ts";
import { createRelayCounts } from "../../../src/service/relay/counts.ts";
import { createRelay } from "../../../src/service/relay/relay.ts";
import { startUpstream } from "../../activity/upstream.ts";
import { temporaryDirectory } from "../../support/directory.ts";

const { promise: never } = Promise.withResolvers<void>();

test("a thread that waits for ever does not hold the program", async () => {
  const pipe = join(temporaryDirectory(), "pipe");
  expect(Bun.spawnSync(["mkfifo", pipe]).exitCode).toBe(0);
  const program = join(import.meta.dir, "hanging-thread.ts");
  const { exitCode, stdout } = Bun.spawnSync([process.execPath, program, pipe], { timeout: 15_000 });
  expect([exitCode, `${stdout}`]).toEqual([0, "closed\n"]);
}, 20_000);

/** Hears of everything, and never says that it is noted, as a thread that waits for a disk. */
const HANGS = { begin: () => ({ asked() {}, answered() {}, take() {}, skip() {}, end: () => never }) };

test("a log that never notes a run does not hold the relay", async () => {
  await using upstream = startUpstream();
  const one: Upstream = { name: "own", url: upstream.url, api: "openai", content: "none", silentMs: 10_000 };
  const relay = createRelay({
    upstreams: new Map([["own", one]]),
    log: HANGS,
    counts: createRelayCounts(["own"]),
    signIn: { token: () => ({ name: "agent", role: "ingest" }) as never },
    openMax: 10,
  });
  const pathname = "/relay/own/v1/chat/completions";
  const request = new Request(`http://relay${pathname}`, {
    method: "POST",
    headers: { "X-Contextcore-Token": "x" },
    body: JSON.stringify({ model: "small", messages: [] }),
  });
  const asked = { request, pathname, id: "1", client: "127.0.0.1", calls() {}, mayBeQuiet() {} };
  const answer = await relay.door.answer(asked as never);
  expect(await answer.text()).toContain("Yes.");
  const started = performance.now();
  await relay.stop(100);
  expect(performance.now() - started).toBeLessThan(4_000);
});
